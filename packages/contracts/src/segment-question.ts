import { z } from 'zod'
import { MAX_GRID_CELLS } from './score-question.ts'

/** Which cells of a raster over the photo belong together, by their colours: answered by whoever holds the photo. */
export const SegmentQuestion = z.object({
  kind: z.literal('segment'),
  rows: z.int().positive().max(MAX_GRID_CELLS),
  cols: z.int().positive().max(MAX_GRID_CELLS),
  /** Superpixels wanted; there may be somewhat more or fewer. */
  segments: z.int().min(2).max(1000),
  /** SLIC's weight of nearness against likeness of colour. */
  compactness: z.number().positive().max(1000),
})
export type SegmentQuestion = z.infer<typeof SegmentQuestion>

export const SegmentAnswer = z.object({
  kind: z.literal('segment'),
  count: z.int().positive(),
  /** As of `Grid.labels`. */
  labels: z.base64(),
})
export type SegmentAnswer = z.infer<typeof SegmentAnswer>
