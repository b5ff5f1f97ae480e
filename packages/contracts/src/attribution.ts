import { z } from 'zod'
import { Evaluation } from './evaluation.ts'
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

/** A map as NPY in the artifact store: float32 [h, w] over the whole original image, row 0 at the top. */
export const MapRef = z.object({ sha256: Sha256, shape: z.tuple([z.int().positive(), z.int().positive()]) })
export type MapRef = z.infer<typeof MapRef>

/** Of methods that fit a model of the detector to its answers, or values of a game. */
export const FitFacts = z.object({
  /** Players, or coefficients, apart from the intercept. */
  segments: z.int().positive(),
  /** Weighted share of the answers' variance that the fit explains; null where there was none to explain. */
  r2: z.number().nullable(),
  /** |v(full) − v(empty) − Σφ| ÷ |v(full) − v(empty)| before it was closed; null for methods that promise no sum. */
  efficiencyGap: z.number().nonnegative().nullable(),
  /** Correlation of the answers to the same coalitions under this fill and another one; null where not asked. */
  fillAgreement: z.number().nullable(),
  /** Widest interval of a segment ÷ |v(full) − v(empty)|; null for methods without intervals. */
  widestInterval: z.number().nonnegative().nullable(),
  /** It was sure enough before its forwards were used up. */
  stoppedEarly: z.boolean(),
})
export type FitFacts = z.infer<typeof FitFacts>

/** Why a map should not be believed. */
export const DoubtCode = z.enum([
  'unstable',
  'mostly-prior',
  'efficiency-gap',
  'saturated',
  'scores-when-empty',
  'fill-sensitive',
  'uncertain',
  'poor-fit',
  'nothing-there',
])
export type DoubtCode = z.infer<typeof DoubtCode>

export const Doubt = z.object({
  code: DoubtCode,
  /** What was found, and where the doubt begins. */
  value: z.number(),
  limit: z.number(),
})
export type Doubt = z.infer<typeof Doubt>

/** What an explanation leaves for one target; all of it follows from the transcript. */
export const AttributionRecord = z.object({
  target: Target,
  map: MapRef,
  /** Half the width of each cell's interval, at `level`, as another map; absent for methods without intervals. */
  interval: z.object({ map: MapRef, level: z.number().gt(0).lt(1) }).optional(),
  /** Forwards that the map depends on: the clean run, the empty run and the masks; 0 for a baseline. */
  forwards: z.int().nonnegative(),
  /** v(full) and v(empty) under the target's objective; null where the method did not ask. */
  fullValue: z.number().nullable(),
  emptyValue: z.number().nullable(),
  /** v(empty) / v(full) > 0.2: the picture without the evidence still scores; null where not asked. */
  unexplainable: z.boolean().nullable(),
  /** How far runs like this one agree: a correlation on cells, of two halves of the run or, less its prior, as the method expects it of another run; null for methods without randomness. */
  stability: z.number().nullable(),
  /** How much of the map is the method's prior, 0..1. */
  priorShare: z.number().min(0).max(1),
  /** Positive evidence inside the target's box ÷ all positive evidence, 0..1; null for a map without any. */
  inBoxEnergy: z.number().min(0).max(1).nullable(),
  /** Of methods that take gradients: where, how large they are, and whether they say anything. */
  gradient: z.object({ ...GradientFacts.shape, layers: z.array(z.string()) }).optional(),
  fit: FitFacts.optional(),
  /** Share of the coalitions asked that left the value above 95 % of v(full); absent where the method did not count. */
  unmoved: z.number().min(0).max(1).optional(),
  /** Empty for a map that gives no reason to doubt it; absent where an older Fanlight did not look. */
  doubts: z.array(Doubt).max(16).optional(),
  evaluation: Evaluation.optional(),
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

/** What a result names in the artifact store: it is kept as long as the result is. */
export function artifactsOf({ transcript, attributions }: ExplanationResult): readonly Sha256[] {
  return [transcript, ...attributions.flatMap(mapsOf).map(({ sha256 }) => sha256)]
}

/** The map, then that of the intervals where there is one. */
export function mapsOf({ map, interval }: Pick<AttributionRecord, 'map' | 'interval'>): readonly MapRef[] {
  return interval ? [map, interval.map] : [map]
}
