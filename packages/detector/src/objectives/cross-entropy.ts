export interface Term {
  readonly value: number
  /** ∂value/∂p. */
  readonly slope: number
}

/**
 * No probability is taken as nearer to 0 or 1, where logarithm and quotient end: within, the sigmoid's own p (1 − p)
 * shrinks a slope to at most 1 again. A float32 that is 1 has lost what was left to 1: its slope against 0 is 0.
 */
const LEAST = 1e-12

/** −ln p. */
export function crossEntropy(p: number): Term {
  const held = Math.max(p, LEAST)
  return { value: -Math.log(held), slope: -1 / held }
}

/** −ln p where it should be 1, −ln (1 − p) where it should be 0. */
export function binaryCrossEntropy(p: number, isWanted: boolean): Term {
  if (isWanted) return crossEntropy(p)
  const { value, slope } = crossEntropy(1 - p)
  return { value, slope: -slope }
}
