import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** A value in shares is ceiling · σ(x · θ) + noise, and θ is normal before anything is seen. */
export interface LogisticModel {
  /** What the link comes to at most, in shares of v(full): above 1, so that a full photo is not at infinity. */
  readonly ceiling: number
  /** [features]. */
  readonly mean: Float64Array
  /** [features][features], the inverse of the prior's covariance. */
  readonly precision: readonly Float64Array[]
  /** Variance of the noise where the link is at `h`, 0..1. */
  readonly noise: (h: number) => number
}

export interface LogisticRows {
  /** [rows][features], the first feature 1 for an intercept. */
  readonly features: readonly Float64Array[]
  /** Values ÷ v(full), one a row. */
  readonly shares: Float64Array
  /** Rows at the end that are known better than the noise says: v(full) and v(empty). */
  readonly exact: number
}

export interface LogisticFit {
  /** Most likely θ. */
  readonly theta: Float64Array
  /** L of the Hessian LLᵀ there, whose inverse is the covariance of θ (Laplace). */
  readonly factor: readonly Float64Array[]
}

/**
 * Variances under the Laplace covariance of what changes with θ by each column: cᵀ(LLᵀ)⁻¹c = ‖L⁻¹c‖², by one
 * substitution.
 * @param columns [features][columns]
 */
export function variancesOf({ factor }: LogisticFit, columns: readonly Float64Array[]): Float64Array {
  const width = columns[0]!.length
  const variances = new Float64Array(width)
  const solved: Float64Array[] = []
  for (const [k, own] of factor.entries()) {
    const row = columns[k]!.slice()
    for (let i = 0; i < k; i++) {
      const [share, above] = [own[i]!, solved[i]!]
      if (share === 0) continue
      for (let j = 0; j < width; j++) row[j]! -= share * above[j]!
    }
    for (let j = 0; j < width; j++) {
      row[j]! /= own[k]!
      variances[j]! += row[j]! ** 2
    }
    solved.push(row)
  }
  return variances
}

/** Standard deviation of an exact row, in shares. */
const EXACT = 0.02
const MAX_STEPS = 8
const MAX_HALVINGS = 5
/** A step that moves no weight further has arrived. */
const ARRIVED = 2e-3

/**
 * The most likely θ by damped Gauss–Newton steps, the noise re-weighted at each. A detection behaves like an AND over
 * what it is made of, which a linear model takes for noise and a sigmoid explains.
 * @param start where to begin; @default the prior's mean
 */
export function fitLogistic(rows: LogisticRows, model: LogisticModel, start = model.mean): LogisticFit {
  let theta: Float64Array = Float64Array.from(start)
  let hessian: CholeskyDecomposition | undefined
  for (let step = 0; step < MAX_STEPS; step++) {
    const seen = look(rows, model, theta)
    const { normal, gradient } = equations(rows, model, theta, seen)
    hessian = new CholeskyDecomposition(normal)
    const towards = hessian.solve(Matrix.columnVector(gradient)).getColumn(0)
    const moved = damped(rows, model, { theta, towards, variances: seen.variances })
    const far = moved.reduce((most, value, i) => Math.max(most, Math.abs(value - theta[i]!)), 0)
    theta = moved
    if (far < ARRIVED) break
  }
  const factor = hessian!.lowerTriangularMatrix.to2DArray().map((row) => Float64Array.from(row))
  return { theta, factor }
}

interface Look {
  readonly residuals: Float64Array
  readonly slopes: Float64Array
  readonly variances: Float64Array
}

function look({ features, shares, exact }: LogisticRows, { ceiling, noise }: LogisticModel, theta: Float64Array): Look {
  const count = features.length
  const [residuals, slopes, variances] = [
    new Float64Array(count),
    new Float64Array(count),
    new Float64Array(count),
  ] as const
  for (let i = 0; i < count; i++) {
    const h = sigmoid(dot(features[i]!, theta))
    residuals[i] = shares[i]! - ceiling * h
    slopes[i] = ceiling * h * (1 - h)
    variances[i] = i >= count - exact ? EXACT ** 2 : noise(h)
  }
  return { residuals, slopes, variances }
}

/** JᵀR⁻¹J + P and JᵀR⁻¹r − P (θ − μ). */
function equations(
  { features }: LogisticRows,
  { mean, precision }: LogisticModel,
  theta: Float64Array,
  { residuals, slopes, variances }: Look,
): { normal: Matrix; gradient: Float64Array } {
  const size = theta.length
  const sums = Array.from({ length: size }, () => new Float64Array(size))
  const gradient = new Float64Array(size)
  for (let i = 0; i < features.length; i++) {
    const [row, slope] = [features[i]!, slopes[i]!]
    const weight = (slope * slope) / variances[i]!
    const pull = (slope * residuals[i]!) / variances[i]!
    for (let a = 0; a < size; a++) {
      const x = row[a]!
      if (x === 0) continue
      gradient[a]! += pull * x
      const [sum, scaled] = [sums[a]!, weight * x]
      for (let b = 0; b <= a; b++) sum[b]! += scaled * row[b]!
    }
  }
  for (let a = 0; a < size; a++) {
    const [sum, held] = [sums[a]!, precision[a]!]
    for (let b = 0; b < size; b++) {
      gradient[a]! -= held[b]! * (theta[b]! - mean[b]!)
      if (b > a) continue
      sum[b]! += held[b]!
      sums[b]![a] = sum[b]!
    }
  }
  return { normal: new Matrix(sums), gradient }
}

interface Step {
  readonly theta: Float64Array
  readonly towards: ArrayLike<number>
  readonly variances: Float64Array
}

/** Half the step, and half again, until it is for the better. */
function damped(rows: LogisticRows, model: LogisticModel, { theta, towards, variances }: Step): Float64Array {
  const before = misfit(rows, model, theta, variances)
  let share = 1
  for (let i = 0; ; i++, share /= 2) {
    const moved = theta.map((value, j) => value + share * towards[j]!)
    if (i === MAX_HALVINGS || misfit(rows, model, moved, variances) <= before) return moved
  }
}

function misfit(
  { features, shares }: LogisticRows,
  { ceiling, mean, precision }: LogisticModel,
  theta: Float64Array,
  variances: Float64Array,
): number {
  let sum = 0
  for (let i = 0; i < features.length; i++) {
    sum += (shares[i]! - ceiling * sigmoid(dot(features[i]!, theta))) ** 2 / variances[i]!
  }
  const off = theta.map((value, j) => value - mean[j]!)
  for (let a = 0; a < off.length; a++) {
    if (off[a] === 0) continue
    sum += off[a]! * dot(precision[a]!, off)
  }
  return sum
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
