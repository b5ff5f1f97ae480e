import { z } from 'zod'
import { GradientFacts } from './gradient-question.ts'
import { Box, Objective, Sha256 } from './primitives.ts'

export const Target = z.object({
  /** hash(image, detector, box, class, objective). */
  id: Sha256,
  box: Box,
  class: z.int().nonnegative(),
  label: z.string(),
  score: z.number(),
  objective: Objective,
})
export type Target = z.infer<typeof Target>

/** What an explanation leaves for one target; all of it follows from the transcript. */
export const AttributionRecord = z.object({
  target: Target,
  /** The map as NPY in the artifact store: float32 [h, w] over the whole original image, row 0 at the top. */
  map: z.object({ sha256: Sha256, shape: z.tuple([z.int().positive(), z.int().positive()]) }),
  /** Forwards that the map depends on: the clean run, the empty run and the masks; 0 for a baseline. */
  forwards: z.int().nonnegative(),
  /** v(full) and v(empty) under the target's objective; null where the method did not ask. */
  fullValue: z.number().nullable(),
  emptyValue: z.number().nullable(),
  /** v(empty) / v(full) > 0.2: the picture without the evidence still scores; null where not asked. */
  unexplainable: z.boolean().nullable(),
  /** Correlation of the maps of two halves of the run, on cells; null for methods without randomness. */
  stability: z.number().nullable(),
  /** How much of the map is the method's prior, 0..1. */
  priorShare: z.number().min(0).max(1),
  /** Positive evidence inside the target's box ÷ all positive evidence, 0..1; null for a map without any. */
  inBoxEnergy: z.number().min(0).max(1).nullable(),
  /** Of methods that take gradients: where, how large they are, and whether they say anything. */
  gradient: z.object({ ...GradientFacts.shape, layers: z.array(z.string()) }).optional(),
})
export type AttributionRecord = z.infer<typeof AttributionRecord>

/** How an explanation ended. `transcript` is the artifact from which `fanlight verify` makes it again. */
export const ExplanationResult = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  attributions: z.array(AttributionRecord),
  /** Detections that the policy's `maxTargets` cut off. */
  targetsCut: z.int().nonnegative(),
  transcript: Sha256,
  executionClass: z.string(),
  /** All forwards asked, detection included. */
  forwards: z.int().nonnegative(),
})
export type ExplanationResult = z.infer<typeof ExplanationResult>
