import { CholeskyDecomposition, Matrix, pseudoInverse } from 'ml-matrix'

/** Below this share of the largest pivot, a direction has no data: it gets no coefficient rather than rounding's. */
const SINGULAR = 1e-11

/** What was measured: features of each row, how much the row counts, and what holds each coefficient back. */
export interface RidgeProblem {
  /** [rows][features], all rows of one length. */
  readonly rows: readonly ArrayLike<number>[]
  /** One a row, ≥ 0. */
  readonly weights: ArrayLike<number>
  /** λ of each feature, ≥ 0; 0 for an intercept. */
  readonly penalties: ArrayLike<number>
  /** A direction to which all rows are orthogonal: the coefficients are, too. @default none is known */
  readonly silent?: ArrayLike<number>
}

/**
 * Weighted least squares with ridge: β = argmin Σᵢ wᵢ (yᵢ − xᵢ·β)² + Σⱼ λⱼ βⱼ² = (XᵀWX + Λ)⁻¹ XᵀW y. It is linear in y, so
 * the matrix that makes β of y is made once, by Cholesky, and serves however many y there are. Directions without data
 * get the solution of least norm.
 */
export class WeightedRidge {
  /** β = estimator · y: [features][rows], row-major. */
  readonly estimator: readonly Float64Array[]
  /** How much each row's fitted value follows its own y, 0..1. */
  readonly leverages: Float64Array
  readonly #rows: readonly ArrayLike<number>[]

  /** @throws RangeError when rows, weights and penalties do not fit each other */
  constructor({ rows, weights, penalties, silent }: RidgeProblem) {
    const features = penalties.length
    if (rows.length === 0 || weights.length !== rows.length || rows.some((row) => row.length !== features)) {
      throw new RangeError(`${rows.length} rows, ${weights.length} weights and ${features} penalties do not fit`)
    }
    const roots = Float64Array.from(weights, Math.sqrt)
    // By roots, so that the product is symmetric to the last bit.
    const scaled = new Matrix(rows.map((row, i) => Float64Array.from(row, (value) => value * roots[i]!)))
    const across = scaled.transpose()
    const gram = across.mmul(scaled)
    for (let j = 0; j < features; j++) gram.set(j, j, gram.get(j, j) + penalties[j]!)
    // Any weight would do: it only keeps the matrix from being singular.
    if (silent) gram.add(outer(silent).mul(gram.trace() / features / dot(silent, silent)))
    const estimator = inverse(gram)
      .mmul(across)
      .mulRowVector([...roots])
    this.estimator = Array.from({ length: features }, (_, j) => Float64Array.from(estimator.getRow(j)))
    this.#rows = rows
    this.leverages = Float64Array.from(rows, (row, i) => {
      let leverage = 0
      for (let j = 0; j < features; j++) leverage += row[j]! * this.estimator[j]![i]!
      return leverage
    })
  }

  /** @param values y, one a row */
  coefficients(values: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.estimator, (weights) => dot(weights, values))
  }

  /** What the fit says of each row. */
  fitted(coefficients: ArrayLike<number>): Float64Array {
    return Float64Array.from(this.#rows, (row) => dot(row, coefficients))
  }

  /**
   * Variances of the coefficients, robust against noise of any shape: the sandwich HC3 (MacKinnon and White 1985),
   * Σᵤ (Σ_{i ∈ u} Bⱼᵢ rᵢ / (1 − hᵤ))² over units u that were drawn together, which is the jackknife.
   * @param residuals y − fitted
   * @param unitRows rows of one unit, which follow each other
   * @param scales of each row, e.g. a finite population's √(1 − share drawn); @default 1
   */
  variances(residuals: ArrayLike<number>, unitRows = 1, scales?: ArrayLike<number>): Float64Array {
    const pull = Float64Array.from(residuals, (residual, i) => {
      const first = i - (i % unitRows)
      let leverage = 0
      for (let k = first; k < first + unitRows; k++) leverage += this.leverages[k] ?? 0
      return (residual * (scales?.[i] ?? 1)) / Math.max(1 - leverage, MIN_FREEDOM)
    })
    return Float64Array.from(this.estimator, (weights) => {
      let variance = 0
      for (let first = 0; first < pull.length; first += unitRows) {
        let sum = 0
        for (let i = first; i < first + unitRows; i++) sum += weights[i]! * pull[i]!
        variance += sum * sum
      }
      return variance
    })
  }
}

/** A row that rules its own fit leaves no residual to go by: its pull is not multiplied without bound. */
const MIN_FREEDOM = 1e-3

function inverse(gram: Matrix): Matrix {
  const cholesky = new CholeskyDecomposition(gram)
  const pivots = cholesky.lowerTriangularMatrix.diagonal().map((pivot) => pivot ** 2)
  const largest = gram.diagonal().reduce((most, value) => Math.max(most, value), 0)
  const sound = cholesky.isPositiveDefinite() && pivots.every((pivot) => pivot > SINGULAR * largest)
  if (!sound) return pseudoInverse(gram, SINGULAR * largest * gram.rows)
  return cholesky.solve(Matrix.eye(gram.rows))
}

const outer = (direction: ArrayLike<number>): Matrix => {
  const column = Matrix.columnVector(Float64Array.from(direction))
  return column.mmul(column.transpose())
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
