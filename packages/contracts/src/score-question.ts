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

/** Cells of a grid along one side, at most. */
export const MAX_GRID_CELLS = 128

/** Where cells begin and end along a side: shares of it, rising from 0 to 1. */
const Bounds = z.array(z.number().min(0).max(1)).max(MAX_GRID_CELLS + 1)

/**
 * A raster of cells over the image's content (never its padding), and the segments that they make up. Cell (r, c)
 * covers [x[c]·w, x[c + 1]·w] × [y[r]·h, y[r + 1]·h]; where `x` or `y` is absent, all cells are of one size along that
 * side. `bilinear` interpolates between cell centres, clamped at the border; `hard` takes the cell a pixel's centre
 * lies in. Without `labels` each cell is a segment, row-major; with them cells of one label are: superpixels, or
 * what a method deems one piece. Only the plain raster can be shifted.
 */
export const Grid = z
  .object({
    kind: z.literal('grid'),
    rows: z.int().positive().max(MAX_GRID_CELLS),
    cols: z.int().positive().max(MAX_GRID_CELLS),
    edges: z.enum(['bilinear', 'hard']),
    x: Bounds.optional(),
    y: Bounds.optional(),
    labels: z
      .object({
        /** Of segments; labels are less. */
        count: z
          .int()
          .positive()
          .max(MAX_GRID_CELLS ** 2),
        /** uint16 little-endian [rows][cols]. */
        of: z.base64(),
      })
      .optional(),
  })
  .refine(({ rows, cols, x, y }) => areBounds(x, cols) && areBounds(y, rows), 'bounds of cells must rise from 0 to 1')
  .refine(
    ({ rows, cols, labels }) => !labels || areLabels(labels, rows * cols),
    'each cell has a label below the count',
  )
export type Grid = z.infer<typeof Grid>

function areBounds(bounds: readonly number[] | undefined, cells: number): boolean {
  if (!bounds) return true
  const rise = bounds.every((at, i) => i === 0 || at > bounds[i - 1]!)
  return rise && bounds.length === cells + 1 && bounds[0] === 0 && bounds[cells] === 1
}

function areLabels({ count, of }: { count: number; of: string }, cells: number): boolean {
  const bytes = Buffer.from(of, 'base64')
  if (bytes.byteLength !== 2 * cells) return false
  for (let i = 0; i < cells; i++) if (bytes.readUInt16LE(2 * i) >= count) return false
  return true
}

const Level = z.number().min(0).max(255)

/**
 * What stands where a segment is removed; each is one picture, whatever is removed. Rankings change with it.
 * `mean`: the photo's mean colour. `constant`: one RGB colour of 0..255. `blur`: the photo under a Gaussian of `sigma`
 * × its longer side. `inpaint`: each pixel by the mean of its surroundings, a square ring from `radius` to 2 · `radius`
 * × the longer side around it: the scene goes on, and what stood there does not.
 */
export const Fill = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mean') }),
  z.object({ kind: z.literal('constant'), rgb: z.tuple([Level, Level, Level]) }),
  z.object({ kind: z.literal('blur'), sigma: z.number().min(0.005).max(0.5).default(0.05) }),
  z.object({ kind: z.literal('inpaint'), radius: z.number().min(0.01).max(0.5).default(0.1) }),
])
export type Fill = z.infer<typeof Fill>

/** What is changed about detector or photo before a question is answered: to see whether answers depend on it. */
export const Variant = z.object({
  /** Weights drawn anew, each layer's from its own values in another order, from the outputs up to a share of the layers. */
  weights: z.object({ seed: z.int().nonnegative().max(0xffff_ffff), layers: z.number().gt(0).max(1) }).optional(),
  /** Gaussian noise on the photo's tensor, `sigma` in shares of its range. */
  noise: z.object({ seed: z.int().nonnegative().max(0xffff_ffff), sigma: z.number().positive().max(1) }).optional(),
})
export type Variant = z.infer<typeof Variant>

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
  /** @default detector and photo as they are */
  variant: Variant.optional(),
})
export type ScoreQuestion = z.infer<typeof ScoreQuestion>

/** The answer to a slice of a score question, `count` coalitions from its `from`. */
export const ScoreAnswer = z.object({
  kind: z.literal('score'),
  /** float32 [objectives][targets][count]. */
  values: Float32Base64,
})
export type ScoreAnswer = z.infer<typeof ScoreAnswer>
