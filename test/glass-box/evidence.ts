/** So much for all of these tiles together, nothing when one of them is hidden: a weighted AND. */
export interface Term {
  readonly tiles: readonly number[]
  readonly weight: number
}

/**
 * Why an object of the glass-box detector scores what it scores. With z_j = 1 for a tile that is kept, 0 for a hidden
 * one, and u(z) = bias + Σ over terms of weight · Π z_j:
 *   `none`: u. `sigmoid`: 1 ÷ (1 + e^(−u)). `noisy-or`: 1 − Π over terms of (1 − weight · z_j), of one tile a term.
 */
export interface Evidence {
  /** Of the object, [x1, y1, x2, y2] in tiles of the board. */
  readonly box: readonly [number, number, number, number]
  readonly bias: number
  readonly terms: readonly Term[]
  readonly link: 'none' | 'sigmoid' | 'noisy-or'
}

/** @param z one a tile, 0..1 */
export function worthOf({ bias, terms, link }: Evidence, z: ArrayLike<number>): number {
  if (link === 'noisy-or') return 1 - terms.reduce((none, term) => none * (1 - strength(term, z)), 1)
  const sum = terms.reduce((all, term) => all + strength(term, z), bias)
  return link === 'sigmoid' ? sigmoid(sum) : sum
}

const strength = ({ tiles, weight }: Term, z: ArrayLike<number>) =>
  tiles.reduce((product, tile) => product * z[tile]!, weight)

export const sigmoid = (u: number): number => 1 / (1 + Math.exp(-u))

/** Terms of one tile each: what is additive before the link. */
export const additive = (weights: readonly number[]): Term[] =>
  weights.flatMap((weight, tile) => (weight === 0 ? [] : [{ tiles: [tile], weight }]))
