/** Of the standard normal distribution: 90 % of it lie within ± this. */
const NORMAL = 1.6448536269514722

/**
 * How many standard errors an interval of 90 % reaches to each side, of a mean whose errors were told from the same few
 * observations: Student's t, by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5), to 3 digits from
 * three degrees of freedom on.
 * @param freedom observations − 1, at least 1
 */
export function studentFactor(freedom: number): number {
  const z = NORMAL
  const [z3, z5, z7] = [z ** 3, z ** 5, z ** 7]
  return (
    z +
    (z3 + z) / (4 * freedom) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom ** 3)
  )
}
