import { type Box, Grid, MAX_GRID_CELLS, type SegmentQuestion } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { z } from 'zod'
import type { Answer } from './explainer.ts'
import { mapShapeOf } from './map-shape.ts'
import type { Found } from './targets.ts'

const Cells = z.int().min(1).max(64)

/** Into which pieces a photo is cut before any is hidden: a parameter of every method that hides pieces. */
export const Segmentation = z.discriminatedUnion('kind', [
  /** Equal cells. */
  z.strictObject({
    kind: z.literal('grid'),
    rows: Cells.default(8),
    cols: Cells.default(8),
    edges: z.enum(['bilinear', 'hard']).default('bilinear'),
  }),
  /** Superpixels (SLIC: Achanta et al., PAMI 2012): pieces of one colour. */
  z.strictObject({
    kind: z.literal('slic'),
    segments: z.int().min(2).max(1000).default(64),
    compactness: z.number().positive().max(1000).default(10),
  }),
  /**
   * Cells between straight lines: the edges of all targets' boxes, and an even division as far as there is room. A line
   * nearer than `minimum`, a share of the side, to one that is there already is left out; boxes come by falling score.
   */
  z.strictObject({
    kind: z.literal('boxes'),
    rows: Cells.default(8),
    cols: Cells.default(8),
    minimum: z
      .number()
      .min(1 / 64)
      .max(0.5)
      .default(1 / 16),
  }),
])
export type Segmentation = z.infer<typeof Segmentation>

/** Cells that are kept softly: what methods hide unless told. */
export const SOFT_CELLS = { kind: 'grid', rows: 8, cols: 8, edges: 'bilinear' } as const

/** A regression over pieces takes minutes for more of them, and more memory than a process should. */
const MAX_FITTED = 1024

/** For methods that fit a regression with a coefficient for each piece. */
export const FittedSegmentation = Segmentation.refine((spec) => mostSegments(spec) <= MAX_FITTED, {
  error: ({ input }) =>
    `Too many pieces, ${mostSegments(input as Segmentation)}: a model is fitted to ${MAX_FITTED} at most`,
})

/**
 * The pieces of a photo; superpixels are asked for, of a raster as fine as the map.
 * @throws InputError `MESSAGE_INVALID` when the answer is not what was asked
 */
export function* segmentsFor(
  { width, height, detections }: Pick<Found, 'width' | 'height' | 'detections'>,
  spec: Segmentation,
): Generator<SegmentQuestion, Grid, Answer> {
  if (spec.kind === 'grid') return spec
  if (spec.kind === 'boxes') {
    const { rows, cols, minimum } = spec
    const edges = (near: 0 | 1, far: 2 | 3, pixels: number) =>
      detections.flatMap(({ box }: { box: Box }) => [box[near] / pixels, box[far] / pixels])
    const x = lines(edges(0, 2, width), cols, minimum)
    const y = lines(edges(1, 3, height), rows, minimum)
    return { kind: 'grid', rows: y.length - 1, cols: x.length - 1, edges: 'hard', x, y }
  }
  const { segments, compactness } = spec
  const { width: cols, height: rows } = mapShapeOf(width, height)
  const answer = yield { kind: 'segment', rows, cols, segments, compactness }
  const labels = answer.kind === 'segment' && { count: answer.count, of: answer.labels }
  const grid = Grid.safeParse({ kind: 'grid', rows, cols, edges: 'hard', labels })
  if (grid.success) return grid.data
  const wanted = `labels of ${rows} × ${cols} cells`
  throw new InputError('MESSAGE_INVALID', `a segment question for ${wanted} got another answer: answer what was asked`)
}

/** How many pieces there will be at most; superpixels may be somewhat more. */
export function mostSegments(spec: Segmentation): number {
  if (spec.kind === 'slic') return spec.segments
  if (spec.kind === 'grid') return spec.rows * spec.cols
  return Math.min(MAX_GRID_CELLS, Math.floor(1 / spec.minimum)) ** 2
}

/** Where cells begin and end along a side, rising from 0 to 1: wanted lines first, then even ones. */
function lines(wanted: readonly number[], cells: number, minimum: number): number[] {
  const even = Array.from({ length: cells - 1 }, (_, i) => (i + 1) / cells)
  const placed = [0, 1]
  for (const line of [...wanted, ...even]) {
    if (placed.every((other) => Math.abs(other - line) >= minimum) && line > 0 && line < 1) placed.push(line)
  }
  return placed.toSorted((a, b) => a - b)
}
