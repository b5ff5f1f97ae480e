import { z } from 'zod'
import { PlacedDetector } from './detector.ts'
import { Failure } from './failure.ts'
import { ImageRef } from './image.ts'
import { Lane, ProjectId, Sha256 } from './primitives.ts'
import { Question, ShardAnswer } from './question.ts'
import { CONTRACT_VERSION } from './versions.ts'

const versioned = { version: z.literal(CONTRACT_VERSION), project: ProjectId }

/** A doorbell: there may be items to claim. Losing one costs time only, the sweeper rings again. */
export const ItemsReady = z.object({ ...versioned, job: z.string() })
export type ItemsReady = z.infer<typeof ItemsReady>

/** A doorbell: a job has a source whose photos are not all listed. Losing one costs time only. */
export const SourceReady = z.object({ ...versioned, job: z.string() })
export type SourceReady = z.infer<typeof SourceReady>

/**
 * Which shard of which question of which explanation. An explanation that was opened anew may ask another question at
 * the same place, or the same one cut otherwise, while shards of before are still on their way: so the shard says what
 * it is a slice of, and an answer counts where that is what the store has there.
 */
export const ShardRef = z.object({
  project: ProjectId,
  explanation: Sha256,
  /** The how-manieth question of its explanation, from 0. */
  ordinal: z.int().nonnegative(),
  /** The how-manieth shard of its plan, from 0. */
  shard: z.int().nonnegative(),
  /** Of the whole question. */
  hash: Sha256,
  /** The forwards of it that this shard is: [from, to). */
  from: z.int().nonnegative(),
  to: z.int().positive(),
})
export type ShardRef = z.infer<typeof ShardRef>

export const QuestionShard = z.object({
  ...versioned,
  ...ShardRef.shape,
  lane: Lane,
  image: ImageRef,
  detector: PlacedDetector,
  /** Already sliced: holds this shard's coalitions only. */
  question: Question,
})
export type QuestionShard = z.infer<typeof QuestionShard>

/** What only the run knows: outside every identity, never in an artifact that must be the same twice. */
export const Measured = z.object({ forwards: z.int().nonnegative(), durationMs: z.number().nonnegative() })
export type Measured = z.infer<typeof Measured>

export const Outcome = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    answer: ShardAnswer,
    /** Provider, onnxruntime version, instruction set, batch: what the last bits of a value depend on. */
    executionClass: z.string().max(256),
  }),
  z.object({ ok: z.literal(false), failure: Failure }),
])
export type Outcome = z.infer<typeof Outcome>

export const ShardAnswered = z.object({ ...versioned, ...ShardRef.shape, outcome: Outcome, measured: Measured })
export type ShardAnswered = z.infer<typeof ShardAnswered>

/** A doorbell for an explainer: this explanation has a complete question, or none yet. */
export const ExplanationReady = z.object({ ...versioned, explanation: Sha256 })
export type ExplanationReady = z.infer<typeof ExplanationReady>

/** An item's explanation ended well: its targets can be counted. */
export const AttributionsMade = z.object({ ...versioned, job: z.string(), item: z.string(), explanation: Sha256 })
export type AttributionsMade = z.infer<typeof AttributionsMade>

/** Something in a job moved; for whoever shows progress. */
export const JobChanged = z.object({ ...versioned, job: z.string() })
export type JobChanged = z.infer<typeof JobChanged>
