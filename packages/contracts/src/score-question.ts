import { z } from 'zod'
import { Box, Float32Base64, ScoreObjective } from './primitives.ts'

/**
 * Rows of bits over segments, row-major; bit j of a row says whether segment j is kept. A set is either
 * explicit bits or a seed: masks are never carried. `random` row i depends on (seed, first + i) alone, so any
 * slice of a set can be drawn anywhere.
 */
export const CoalitionSet = z.discriminatedUnion('kind', [
  /** Every row starts on a byte; bit j is bit (j mod 8), least significant first, of byte j div 8. */
  z.object({ kind: z.literal('bits'), count: z.int().positive(), bits: z.base64() }),
  /** Each segment is kept with `probability`; with `shift` each row also moves its grid by a fraction of a cell. */
  z.object({
    kind: z.literal('random'),
    count: z.int().positive(),
    first: z.int().nonnegative(),
    seed: z.int().nonnegative().max(0xffff_ffff),
    probability: z.number().gt(0).lt(1),
    shift: z.boolean(),
  }),
])
export type CoalitionSet = z.infer<typeof CoalitionSet>

/**
 * A grid over the image's content (never its padding). Without shift, cell (r, c) covers
 * [c·w/cols, (c+1)·w/cols] × [r·h/rows, (r+1)·h/rows]. `bilinear` interpolates between cell centres, clamped at
 * the border; `hard` takes the cell a pixel's centre lies in.
 */
export const Grid = z.object({
  kind: z.literal('grid'),
  rows: z.int().positive().max(64),
  cols: z.int().positive().max(64),
  edges: z.enum(['bilinear', 'hard']),
})
export type Grid = z.infer<typeof Grid>

/** What stands where a segment is removed: the photo's mean colour, or one RGB colour of 0..255. */
export const Fill = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mean') }),
  z.object({ kind: z.literal('constant'), rgb: z.tuple([z.number(), z.number(), z.number()]) }),
])
export type Fill = z.infer<typeof Fill>

/** τ of `minObjectness` unless a method says otherwise; the values of a detect answer are always taken at it. */
export const MIN_OBJECTNESS = 0.05

/** What a score is asked for: which object, of which class. */
export const ScoredTarget = z.object({ box: Box, class: z.int().nonnegative() })
export type ScoredTarget = z.infer<typeof ScoredTarget>

export const ScoreQuestion = z.object({
  kind: z.literal('score'),
  targets: z.array(ScoredTarget).min(1).max(1000),
  objectives: z.array(ScoreObjective).min(1).max(4),
  /** `box` and `class` consider only predictions with at least this objectness. */
  minObjectness: z.number().min(0).max(1),
  segments: Grid,
  fill: Fill,
  /** Concatenated, in order. */
  coalitions: z.array(CoalitionSet).min(1).max(64),
})
export type ScoreQuestion = z.infer<typeof ScoreQuestion>

/** The answer to a slice of a score question, `count` coalitions from its `from`. */
export const ScoreAnswer = z.object({
  kind: z.literal('score'),
  /** float32 [objectives][targets][count]. */
  values: Float32Base64,
})
export type ScoreAnswer = z.infer<typeof ScoreAnswer>
