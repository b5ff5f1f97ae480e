import { Matrix } from 'ml-matrix'
import { symmetricInverse } from './symmetric-inverse.ts'

/**
 * What was measured: features of each row, and how much the row counts. What a fit makes of it whatever holds its
 * coefficients back is worked out once.
 */
export class WeightedRows {
  readonly rows: readonly Float64Array[]
  /** √weight of each row. */
  readonly roots: Float64Array
  /** Each feature of all rows, times the roots. */
  readonly columns: readonly Float64Array[]
  /** XᵀWX. */
  readonly gram: Matrix

  /**
   * @param rows [rows][features], all of one length
   * @param weights one a row, ≥ 0
   * @throws RangeError when rows and weights do not fit each other
   */
  constructor(rows: readonly Float64Array[], weights: ArrayLike<number>) {
    const features = rows[0]?.length ?? 0
    if (rows.length === 0 || weights.length !== rows.length || rows.some((row) => row.length !== features)) {
      throw new RangeError(`${rows.length} rows of ${features} features and ${weights.length} weights do not fit`)
    }
    this.rows = rows
    this.roots = Float64Array.from(weights, Math.sqrt)
    this.columns = Array.from({ length: features }, (_, j) => {
      const column = new Float64Array(rows.length)
      for (let i = 0; i < column.length; i++) column[i] = rows[i]![j]! * this.roots[i]!
      return column
    })
    this.gram = Matrix.zeros(features, features)
    for (let a = 0; a < features; a++) {
      for (let b = 0; b <= a; b++) {
        const product = dot(this.columns[a]!, this.columns[b]!)
        this.gram.set(a, b, product)
        this.gram.set(b, a, product)
      }
    }
  }
}

/** What holds coefficients back. */
export interface RidgeProblem {
  /** λ of each feature, ≥ 0; 0 for an intercept. */
  readonly penalties: ArrayLike<number>
  /** A direction to which all rows are orthogonal: the coefficients are, too. @default none is known */
  readonly silent?: ArrayLike<number>
}

/**
 * Weighted least squares with ridge: β = argmin Σᵢ wᵢ (yᵢ − xᵢ·β)² + Σⱼ λⱼ βⱼ² = (XᵀWX + Λ)⁻¹ XᵀW y. The matrix is inverted
 * once, by Cholesky, and serves however many y there are. Directions without data get the solution of least norm.
 */
export class WeightedRidge {
  readonly #data: WeightedRows
  readonly #inverse: Matrix
  #estimator: readonly Float64Array[] | undefined
  #leverages: Float64Array | undefined

  /** @throws RangeError when there are not as many penalties as features */
  constructor(data: WeightedRows, { penalties, silent }: RidgeProblem) {
    const features = data.columns.length
    if (penalties.length !== features) {
      throw new RangeError(`${penalties.length} penalties do not fit ${features} features`)
    }
    const held = data.gram.clone()
    for (let j = 0; j < features; j++) held.set(j, j, held.get(j, j) + penalties[j]!)
    // Any weight would do: it only keeps the matrix from being singular.
    if (silent) held.add(outer(silent).mul(held.trace() / features / dot(silent, silent)))
    this.#data = data
    this.#inverse = symmetricInverse(held)
  }

  /** How much each row's fitted value follows its own y, 0..1. */
  get leverages(): Float64Array {
    this.#leverages ??= leveragesOf(this.#data.rows, this.#estimatorRows())
    return this.#leverages
  }

  /** @param values y, one a row */
  coefficients(values: ArrayLike<number>): Float64Array {
    const { roots, columns } = this.#data
    const scaled = roots.map((root, i) => root * values[i]!)
    const pulls = Float64Array.from(columns, (column) => dot(column, scaled))
    return Float64Array.from(this.#inverse.mmul(Matrix.columnVector(pulls)).getColumn(0))
  }

  /** What the fit says of each row. */
  fitted(coefficients: Float64Array): Float64Array {
    return Float64Array.from(this.#data.rows, (row) => dot(row, coefficients))
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
    return Float64Array.from(this.#estimatorRows(), (weights) => {
      let variance = 0
      for (let first = 0; first < pull.length; first += unitRows) {
        let sum = 0
        for (let i = first; i < first + unitRows; i++) sum += weights[i]! * pull[i]!
        variance += sum * sum
      }
      return variance
    })
  }

  /** β = B · y: [features][rows], for variances only. */
  #estimatorRows(): readonly Float64Array[] {
    this.#estimator ??= estimatorOf(this.#inverse, this.#data)
    return this.#estimator
  }
}

/** A row that rules its own fit leaves no residual to go by: its pull is not multiplied without bound. */
const MIN_FREEDOM = 1e-3

/** (XᵀWX + Λ)⁻¹ XᵀW, row by row. */
function estimatorOf(inverted: Matrix, { columns, roots }: WeightedRows): Float64Array[] {
  return columns.map((_, j) => {
    const row = new Float64Array(roots.length)
    columns.forEach((column, k) => {
      const share = inverted.get(j, k)
      for (let i = 0; i < row.length; i++) row[i]! += share * column[i]!
    })
    for (let i = 0; i < row.length; i++) row[i]! *= roots[i]!
    return row
  })
}

function leveragesOf(rows: readonly Float64Array[], estimator: readonly Float64Array[]): Float64Array {
  const leverages = new Float64Array(rows.length)
  estimator.forEach((weights, j) => {
    for (let i = 0; i < leverages.length; i++) leverages[i]! += rows[i]![j]! * weights[i]!
  })
  return leverages
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
