/**
 * Pearson's correlation coefficient, in two passes in index order: the same bits everywhere.
 * @param a,b values of equal, positive length
 * @returns −1..1; null when either is constant, which has no correlation
 */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be correlated with ${b.length}`)
  const [meanA, meanB] = [mean(a), mean(b)]
  let [both, squaredA, squaredB] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [fromA, fromB] = [a[i]! - meanA, b[i]! - meanB]
    both += fromA * fromB
    squaredA += fromA * fromA
    squaredB += fromB * fromB
  }
  if (isConstant(a) || isConstant(b)) return null
  const scale = Math.sqrt(squaredA) * Math.sqrt(squaredB)
  return scale > 0 ? Math.min(1, Math.max(-1, both / scale)) : null
}

/** The mean's rounding leaves a constant a tiny variance, which is not to be taken for a pattern. */
function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false
  return true
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}
