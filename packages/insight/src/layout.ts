/** Quantities averaged over targets; each may be unknown for a target, so each has a count of its own. */
export const MEANS = [
  /** The target's score. */
  'score',
  /** Share of targets that score without any evidence. */
  'unexplainable',
  /** Correlation of two halves of the run. */
  'stability',
  /** Positive evidence in the box ÷ all positive evidence. */
  'inBoxEnergy',
  /** Shares of absolute evidence: in the box, around it up to `ringGrowth`, and farther away; they sum to 1. */
  'boxShare',
  'ringShare',
  'farShare',
] as const
export type MeanName = (typeof MEANS)[number]

const MAP_CELLS = 12

/**
 * What the integers of an aggregate are: for each of `means` a scaled sum and a plain count, then the cells of the
 * mean map, scaled, row-major. A change of it is a change of what stored aggregates mean: add at the end only.
 */
export const LAYOUT = {
  /** One is 2³²: a rounding error of 10⁻¹⁰ a target, and 2³¹ targets fit into 64 bits. */
  scale: 2 ** 32,
  means: MEANS,
  /** The map is over the box grown by `growth`, `cells` a side; values are shares of all absolute evidence, signed. */
  map: { cells: MAP_CELLS, growth: 2, offset: 2 * MEANS.length },
  ringGrowth: 1.5,
  length: 2 * MEANS.length + MAP_CELLS ** 2,
} as const
