import { correlation } from './correlation.ts'

/** A correlation of 1 but for rounding leaves nothing to correlate. */
const MIN_REST = 1e-9

/**
 * Correlation of what is left of two lists once a third is taken out of both by regression: of two maps without the
 * prior that both were given. (rab − rac · rbc) ÷ √((1 − rac²)(1 − rbc²)).
 * @returns −1..1; null when either is constant, or nothing but the third
 */
export function partialCorrelation(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  control: ArrayLike<number>,
): number | null {
  const [ab, ac, bc] = [correlation(a, b), correlation(a, control), correlation(b, control)]
  if (ab === null) return null
  const rest = (1 - (ac ?? 0) ** 2) * (1 - (bc ?? 0) ** 2)
  if (rest < MIN_REST) return null
  return Math.min(1, Math.max(-1, (ab - (ac ?? 0) * (bc ?? 0)) / Math.sqrt(rest)))
}
