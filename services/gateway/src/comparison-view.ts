import { MethodSpec, MetricName } from '@fanlight/contracts'
import { z } from 'zod'

const count = z.int().nonnegative()
const Size = z.enum(['all', 'small', 'medium', 'large'])

const Difference = z.object({
  mean: z.number(),
  targets: count,
  photos: count,
  /** One a level; null for too few photos. */
  intervals: z
    .array(z.object({ level: z.number(), low: z.number(), high: z.number() }))
    .readonly()
    .nullable(),
})

/** Methods of a job side by side: `Comparison` of @fanlight/evaluate, which says what each is. */
export const ComparisonView = z.object({
  photos: count,
  targets: count,
  sizes: z.array(z.object({ size: Size, photos: count, targets: count })).readonly(),
  reference: z.string().nullable(),
  resamples: count,
  seed: count,
  levels: z.array(z.number()).readonly(),
  methods: z
    .array(
      z.object({
        key: z.string(),
        name: z.string(),
        method: MethodSpec,
        randomised: z.boolean(),
        baseline: z.boolean(),
        targets: count,
        forwards: z.number().nullable(),
      }),
    )
    .readonly(),
  fills: z.array(z.string()).readonly(),
  metrics: z
    .array(
      z.object({
        metric: MetricName,
        fill: z.string().nullable(),
        size: Size,
        cells: z
          .array(
            z.object({
              targets: count,
              mean: z.number().nullable(),
              best: z.boolean(),
              difference: Difference.nullable(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  curves: z
    .array(
      z.object({
        metric: z.enum(['insertion', 'deletion', 'insertion-in-box', 'deletion-in-box']),
        fill: z.string(),
        method: z.string(),
        mean: z.array(z.number()).readonly(),
        halfWidths: z.array(z.number()).readonly().nullable(),
      }),
    )
    .readonly(),
  /** With fewer there are no intervals. */
  leastPhotos: count,
  /** Of the job, by name, beyond those that are compared here: `fanlight evaluate` compares all. */
  photosLeftOut: count,
})
export type ComparisonView = z.infer<typeof ComparisonView>
