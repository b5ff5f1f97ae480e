import {
  ExplanationResult,
  Failure,
  ItemState,
  JobState,
  JobSummary,
  MethodSpec,
  Sha256,
  Target,
} from '@fanlight/contracts'
import { z } from 'zod'

/** What the API says, where that is not a contract as it stands. The dashboard takes its types from here. */

export const JobList = z.object({ jobs: z.array(JobSummary), next: z.string().nullable() })
export type JobList = z.infer<typeof JobList>

/** A job's progress, as its event stream sends it. */
export const JobProgress = JobSummary.omit({ spec: true })
export type JobProgress = z.infer<typeof JobProgress>

export const JobChange = z.object({ state: JobState })

export const ItemView = z.object({
  id: z.string(),
  /** As the person gave it; may hold anything. */
  name: z.string(),
  state: ItemState,
  image: z.object({ sha256: Sha256, bytes: z.int() }).nullable(),
  failure: Failure.nullable(),
  slice: z.record(z.string(), z.string()),
  /** What the first explanation that ended well found; null before. */
  found: z
    .object({
      /** Of the upright original, pixels. */
      width: z.int(),
      height: z.int(),
      targets: z.array(Target),
      /** Detections beyond the job's `maxTargets`. */
      targetsCut: z.int(),
    })
    .nullable(),
})
export type ItemView = z.infer<typeof ItemView>

export const ItemList = z.object({ items: z.array(ItemView), next: z.string().nullable() })
export type ItemList = z.infer<typeof ItemList>

export const ExplanationView = z.object({
  explanation: Sha256,
  method: MethodSpec,
  state: z.enum(['open', 'done', 'failed']),
  result: ExplanationResult.nullable(),
  failure: Failure.nullable(),
  durationMs: z.number().nullable(),
  /** The shell command that makes it again. */
  command: z.string(),
})
export type ExplanationView = z.infer<typeof ExplanationView>

export const ExplanationList = z.object({ explanations: z.array(ExplanationView) })
export type ExplanationList = z.infer<typeof ExplanationList>

const mean = z.number().nullable()

/** Targets of one class, or all of them, under one method. */
export const AggregateView = z.object({
  method: z.string(),
  /** `all`, or `class=` and a class name. */
  key: z.string(),
  targets: z.int(),
  /** Exact, as scaled integers in decimal: they may be beyond 2^53. See docs/spec/aggregates.md. */
  sums: z.array(z.string()),
  /** Means over the targets that have the quantity; null when this version does not know the sums' layout. */
  means: z
    .object({
      score: mean,
      unexplainable: mean,
      stability: mean,
      inBoxEnergy: mean,
      boxShare: mean,
      ringShare: mean,
      farShare: mean,
    })
    .nullable(),
})
export type AggregateView = z.infer<typeof AggregateView>

export const AggregateList = z.object({ aggregates: z.array(AggregateView) })
export type AggregateList = z.infer<typeof AggregateList>
