import { z } from 'zod'
import { Box } from './primitives.ts'

export const DetectQuestion = z.object({
  kind: z.literal('detect'),
  minScore: z.number().min(0).max(1),
  /** The best this many are kept; the answer says how many there were. */
  maxDetections: z.int().positive().max(1000),
})
export type DetectQuestion = z.infer<typeof DetectQuestion>

export const DetectAnswer = z.object({
  kind: z.literal('detect'),
  /** Of the original image after EXIF orientation, pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** By falling score, after non-maximum suppression, boxes clipped to the image. */
  detections: z.array(
    z.object({
      box: Box,
      class: z.int().nonnegative(),
      label: z.string(),
      score: z.number(),
      /** v(full) of this detection under each objective, in the order score, class, objectness, box. */
      values: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
  /** Detections of at least `minScore` before the cut at `maxDetections`. */
  found: z.int().nonnegative(),
})
export type DetectAnswer = z.infer<typeof DetectAnswer>
