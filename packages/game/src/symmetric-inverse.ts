import { Matrix, pseudoInverse } from 'ml-matrix'

/** Below this share of the largest pivot, a direction has no data: it gets no coefficient rather than rounding's. */
const SINGULAR = 1e-11

/**
 * Of a symmetric matrix that is positive definite, symmetric to the last bit; of one that is not, the pseudo-inverse
 * (Moore–Penrose), which gives directions without data nothing.
 */
export function symmetricInverse(gram: Matrix): Matrix {
  const largest = gram.diagonal().reduce((most, value) => Math.max(most, value), 0)
  const factor = choleskyOf(gram, SINGULAR * largest)
  return factor ? inverseOf(factor) : pseudoInverse(gram, SINGULAR * largest * gram.rows)
}

/**
 * L of A = LLᵀ, row by row. Like what follows by loops over plain arrays: the library's take ten times as long, which is
 * a minute for a thousand segments.
 * @returns undefined where a pivot is not above the least
 */
function choleskyOf(gram: Matrix, leastPivot: number): Float64Array[] | undefined {
  const factor: Float64Array[] = []
  for (let i = 0; i < gram.rows; i++) {
    const row = new Float64Array(i + 1)
    factor.push(row)
    for (let j = 0; j <= i; j++) {
      const before = factor[j]!
      let rest = gram.get(i, j)
      for (let k = 0; k < j; k++) rest -= row[k]! * before[k]!
      if (j < i) row[j] = rest / before[j]!
      else if (rest > leastPivot) row[i] = Math.sqrt(rest)
      else return undefined
    }
  }
  return factor
}

/** (LLᵀ)⁻¹ = MᵀM with M = L⁻¹, which is made in the place of L. */
function inverseOf(factor: readonly Float64Array[]): Matrix {
  const inverted = factor.map(() => new Float64Array(factor.length))
  factor.forEach((row, i) => {
    const solved = new Float64Array(i + 1)
    solved[i] = 1
    for (let k = 0; k < i; k++) for (let j = 0; j <= k; j++) solved[j]! -= row[k]! * factor[k]![j]!
    const pivot = row[i]!
    for (let j = 0; j <= i; j++) row[j] = solved[j]! / pivot
    for (let a = 0; a <= i; a++) for (let b = 0; b <= a; b++) inverted[a]![b]! += row[a]! * row[b]!
  })
  for (let a = 0; a < factor.length; a++) for (let b = 0; b < a; b++) inverted[b]![a] = inverted[a]![b]!
  return new Matrix(inverted)
}
