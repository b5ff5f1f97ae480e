import { z } from 'zod'
import { Float32Base64, Objective } from './primitives.ts'
import { Fill, ScoredTarget, Variant } from './score-question.ts'

/** Where a gradient is taken: at the network's input, at the feature maps that its heads read, or at one value. */
export const Tap = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('input') }),
  z.object({ kind: z.literal('neck') }),
  z.object({ kind: z.literal('layer'), name: z.string().min(1).max(512) }),
])
export type Tap = z.infer<typeof Tap>

/** How activation and gradient become a map, where they arise: no volume travels. */
export const ReductionName = z.enum([
  'gradient',
  'gradient-x-input',
  'grad-cam',
  'grad-cam-plus-plus',
  'hires-cam',
  'layer-cam',
  'xgrad-cam',
  'eigen-cam',
  'odam',
])
export type ReductionName = z.infer<typeof ReductionName>

/** The inputs over whose gradients the mean is taken, before it is reduced. */
export const Sampling = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('clean') }),
  /** The photo and Gaussian noise; `sigma` in shares of the range of the photo's tensor. Sample i depends on (seed, i) alone. */
  z.object({
    kind: z.literal('noise'),
    count: z.int().min(1).max(1000),
    seed: z.int().nonnegative().max(0xffff_ffff),
    sigma: z.number().positive().max(10),
  }),
  /** The middles of `count` equal steps on the straight line from the fill to the photo. */
  z.object({ kind: z.literal('path'), count: z.int().min(1).max(1000), fill: Fill }),
])
export type Sampling = z.infer<typeof Sampling>

export const GradientQuestion = z.object({
  kind: z.literal('gradient'),
  targets: z.array(ScoredTarget).min(1).max(1000),
  objectives: z.array(Objective).min(1).max(8),
  tap: Tap,
  reduction: ReductionName,
  sampling: Sampling,
  /** Negative gradients are stopped at rectifiers. */
  guided: z.boolean(),
  /** Cells of a map over the whole photo. */
  map: z.object({ width: z.int().min(1).max(512), height: z.int().min(1).max(512) }),
  /** @default detector and photo as they are */
  variant: Variant.optional(),
})
export type GradientQuestion = z.infer<typeof GradientQuestion>

/** Forwards that a backward pass and its own forward stand for, at most; a sampled input costs a clean run before it. */
const FORWARDS_PER_GRADIENT = 3

/** What one target costs: shards are cut between targets. */
export function forwardsPerTarget({ objectives, sampling, reduction }: GradientQuestion): number {
  if (reduction === 'eigen-cam') return 1
  if (sampling.kind === 'clean') return objectives.length * FORWARDS_PER_GRADIENT
  return sampling.count * (1 + objectives.length * FORWARDS_PER_GRADIENT)
}

/** Why a gradient says nothing: no prediction lies over the target, its objective is saturated, or already at its best. */
export const Vanished = z.enum(['no-match', 'saturated', 'at-minimum', 'no-gradient'])
export type Vanished = z.infer<typeof Vanished>

export const GradientFacts = z.object({
  /** Of the objective, in the clean run. */
  value: z.number(),
  /** The same where the path begins; null for other samplings. */
  emptyValue: z.number().nullable(),
  /** Euclidean norm of the mean gradient, over all taps. */
  magnitude: z.number().nonnegative(),
  /** The derivative of the objective's last sigmoid or softmax, 0 (saturated) to 0.25; null where it has none. */
  slope: z.number().nullable(),
  /** Null when the map can be believed; else it is 0 everywhere. */
  vanished: Vanished.nullable(),
})
export type GradientFacts = z.infer<typeof GradientFacts>

export const GradientAnswer = z.object({
  kind: z.literal('gradient'),
  /** Names of the values at which the gradient was taken. */
  layers: z.array(z.string()).min(1),
  /** float32 [targets][objectives][height][width], over the whole photo, row 0 at the top. */
  maps: Float32Base64,
  /** [targets][objectives]. */
  facts: z.array(GradientFacts),
})
export type GradientAnswer = z.infer<typeof GradientAnswer>
