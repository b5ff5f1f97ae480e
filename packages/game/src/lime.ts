import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import type { Coalition, Worth } from './game.ts'

export interface LimeOptions {
  /** Of the kernel over the cosine distance to everybody, which is 0..1: positive. */
  readonly kernelWidth: number
  /** Penalty on the squared coefficients beside Σ w · residual², positive; the intercept has none. */
  readonly ridge: number
}

/** A linear model of a game near its full coalition: intercept + Σ values · players. */
export interface LimeFit extends Worth {
  readonly intercept: number
  /** Share of the weighted variance of what was seen that the model explains; null where nothing varied. */
  readonly r2: number | null
}

/**
 * LIME (Ribeiro, Singh, Guestrin, KDD 2016), with kernel and penalty as Python's `lime` has them for images: weight
 * w = √exp(−d² ÷ width²) of the cosine distance d to the full coalition, then min Σ w (v − intercept − z·β)² + ridge ‖β‖².
 * What follows from the coalitions alone is worked out once, for however many games were played with them.
 *
 * Standard errors are those of a linear model that is wrong, as it is here, with residuals of any spread: HC3
 * (MacKinnon and White 1985). They are about what the same fit says of all coalitions; what the ridge shrinks is not in
 * them.
 * @param coalitions at least one, all of as many players
 * @returns the model of one game from its values, one a coalition
 */
export function limeOf(coalitions: readonly Coalition[], options: LimeOptions): (values: ArrayLike<number>) => LimeFit {
  const { weights, rows, means, slopes, total } = designOf(coalitions, options)
  const players = means.length
  const leverages = rows.map((row, i) => weights[i]! * (1 / total + dot(row, slopes[i]!)))
  return (values) => {
    // Less the first, so that rounding makes no pattern of a value that never moves.
    const mean = values[0]! + sumOf(weights, (weight, i) => weight * (values[i]! - values[0]!)) / total
    const coefficients = new Float64Array(players)
    slopes.forEach((slope, i) => {
      const pull = weights[i]! * (values[i]! - mean)
      for (let j = 0; j < players; j++) coefficients[j]! += pull * slope[j]!
    })
    const residuals = rows.map((row, i) => values[i]! - mean - dot(row, coefficients))
    const variances = new Float64Array(players)
    slopes.forEach((slope, i) => {
      const pull = (weights[i]! * residuals[i]!) / Math.max(1 - leverages[i]!, MIN_FREEDOM)
      for (let j = 0; j < players; j++) variances[j]! += (pull * slope[j]!) ** 2
    })
    const spread = sumOf(weights, (weight, i) => weight * (values[i]! - mean) ** 2)
    const left = sumOf(weights, (weight, i) => weight * residuals[i]! ** 2)
    return {
      values: coefficients,
      errors: variances.map(Math.sqrt),
      intercept: mean - dot(means, coefficients),
      r2: spread > 0 ? 1 - left / spread : null,
    }
  }
}

/** A coalition that its own coefficient follows wherever it goes leaves a residual of rounding: no division by that. */
const MIN_FREEDOM = 1e-6

/** The intercept is taken out by centring: rows are less the weighted means, and slopes are (XᵀWX + ridge)⁻¹ of them. */
function designOf(coalitions: readonly Coalition[], { kernelWidth, ridge }: LimeOptions) {
  const players = coalitions[0]!.length
  const weights = Float64Array.from(coalitions, (coalition) => kernel(coalition, kernelWidth))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const means = new Float64Array(players)
  coalitions.forEach((coalition, i) => {
    for (let j = 0; j < players; j++) means[j]! += (weights[i]! * coalition[j]!) / total
  })
  const rows = coalitions.map((coalition) => means.map((mean, j) => coalition[j]! - mean))
  const gram = new Matrix(gramOf(rows, weights, ridge))
  const solved = new CholeskyDecomposition(gram).solve(new Matrix(rows.map((row) => [...row])).transpose())
  const slopes = rows.map((_, i) => Float64Array.from(solved.getColumn(i)))
  return { weights, rows, means, slopes, total }
}

function gramOf(rows: readonly Float64Array[], weights: Float64Array, ridge: number): Float64Array[] {
  const players = rows[0]!.length
  const gram = Array.from({ length: players }, () => new Float64Array(players))
  rows.forEach((row, i) => {
    for (let j = 0; j < players; j++) {
      const weighted = weights[i]! * row[j]!
      const line = gram[j]!
      for (let k = 0; k <= j; k++) line[k]! += weighted * row[k]!
    }
  })
  for (let j = 0; j < players; j++) {
    gram[j]![j]! += ridge
    for (let k = 0; k < j; k++) gram[k]![j] = gram[j]![k]!
  }
  return gram
}

/** Of k players out of n the cosine with all is √(k / n); nobody is as far from all as can be, 1. */
function kernel(coalition: Coalition, width: number): number {
  const kept = coalition.reduce((sum, player) => sum + player, 0)
  const distance = 1 - Math.sqrt(kept / coalition.length)
  return Math.exp(-(distance ** 2) / width ** 2 / 2)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!
  return sum
}

const sumOf = (weights: Float64Array, term: (weight: number, i: number) => number): number =>
  weights.reduce((sum, weight, i) => sum + term(weight, i), 0)
