import { AttributionRecord, ExplanationResult, Failure, MapRef, MethodSpec, Sha256, Target } from '@fanlight/contracts'
import { z } from 'zod'
import { Problem } from './problem.ts'

export const TargetView = Target.extend({
  ...AttributionRecord.omit({ target: true, map: true, interval: true }).shape,
  map: AttributionRecord.shape.map.extend({
    npy: z.string().describe('Where the map is as NPY'),
    overlay: z.string().nullable().describe('Where it is drawn over the photo, as PNG'),
  }),
  interval: z
    .object({
      map: MapRef.extend({ npy: z.string().describe('Where half the width of each cell’s interval is, as NPY') }),
      level: z.number(),
    })
    .optional(),
})

/** One method's answer to a request for an explanation. */
export const LiveExplanation = z.object({
  explanation: Sha256,
  method: MethodSpec,
  state: z.enum(['open', 'done', 'failed']),
  failure: Failure.nullable(),
  durationMs: z.number().nullable(),
  result: ExplanationResult.omit({ attributions: true, transcript: true })
    .extend({
      targets: z.array(TargetView),
      transcript: z.object({ sha256: Sha256, href: z.string() }),
    })
    .nullable(),
})
export type LiveExplanation = z.infer<typeof LiveExplanation>

/** A request for the explanation of one image. Addresses are relative to this server. */
export const LiveView = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
  /** Milliseconds since the epoch. */
  createdAt: z.int(),
  /** What is not done by then is cancelled. */
  deadlineAt: z.int().nullable(),
  detector: z.object({ id: Sha256, name: z.string() }),
  image: z.object({ sha256: Sha256, bytes: z.int(), name: z.string() }).nullable(),
  /** Forwards of the network: answered, asked so far, and expected in all. */
  progress: z.object({ answered: z.int(), asked: z.int(), expected: z.int() }),
  explanations: z.array(LiveExplanation),
  /** Why it failed. */
  failure: Failure.nullable(),
  /** Why it was cancelled. */
  problem: Problem.nullable(),
  links: z.object({
    self: z.string(),
    job: z.string(),
    photo: z.string().nullable(),
    /** In the dashboard. */
    page: z.string().nullable(),
  }),
})
export type LiveView = z.infer<typeof LiveView>
