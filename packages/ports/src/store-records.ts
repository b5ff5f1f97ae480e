import type {
  ExplanationResult,
  Failure,
  ImageRef,
  ItemState,
  JobSource,
  JobSpec,
  JobState,
  Lane,
  Measured,
  MethodSpec,
  Question,
  ShardAnswer,
  ShardPlan,
} from '@fanlight/contracts'

// What goes into a store and comes out of it.

/** A message that its transaction left to be sent; `id` is what `markSent` takes. */
export interface OutboxMessage {
  readonly id: string
  readonly topic: string
  readonly key: string
  /** JSON text of the topic's body. */
  readonly body: string
  /** As `Message.place`. */
  readonly place?: number | undefined
}

export type NewOutboxMessage = Omit<OutboxMessage, 'id'>

/** What a transaction wrote to the outbox. Send it, then `markSent`; whatever is not marked is sent again by the sweeper. */
export interface Sends {
  readonly outbox: readonly OutboxMessage[]
}

export interface NewJob {
  readonly project: string
  readonly id: string
  readonly name: string
  readonly spec: JobSpec
  /** Where the ingest service finds the photos by itself. Absent: whoever creates the job adds and seals. */
  readonly source?: JobSource | undefined
  /** From now, by the clock that judges it: the store's. A job that is there keeps its deadline. */
  readonly deadlineMs?: number | undefined
}

/** How far the listing of a job's source has come. */
export interface SourceProgress {
  readonly source: JobSource
  /** What the last `addItems` with a cursor left; undefined before the first. Opaque to the store. */
  readonly cursor: string | undefined
  readonly sealed: boolean
  readonly state: JobState
}

export interface JobKey {
  readonly project: string
  readonly job: string
}

export interface ClaimedItem {
  readonly project: string
  readonly job: string
  readonly item: string
  readonly image: ImageRef
  readonly spec: JobSpec
}

export type ExplanationState = 'open' | 'done' | 'failed'

export interface NewExplanation {
  readonly id: string
  readonly image: ImageRef
  readonly method: MethodSpec
  /** The job's: what the explanation's questions need to be asked again. */
  readonly spec: JobSpec
}

export interface RecordedQuestion {
  readonly ordinal: number
  readonly hash: string
  readonly question: Question
  readonly plan: ShardPlan
  /** One a shard, in the plan's order; undefined where it is missing. */
  readonly answers: readonly (ShardAnswer | undefined)[]
  readonly complete: boolean
  /** Of the first stored answer that has one. */
  readonly executionClass: string | undefined
  readonly measured: Measured
}

export interface ExplanationHistory extends NewExplanation {
  readonly project: string
  readonly state: ExplanationState
  readonly lane: Lane
  /** Whether a claimed item of a running job wants it: nobody works for a paused or cancelled one. */
  readonly wanted: boolean
  /** By ordinal. */
  readonly questions: readonly RecordedQuestion[]
  /** The first failed answer of any shard. */
  readonly failure: Failure | undefined
}

export interface AskedQuestion {
  readonly project: string
  readonly explanation: string
  readonly ordinal: number
  readonly hash: string
  readonly question: Question
  /** The plan to store, if none is stored yet. */
  readonly plan: ShardPlan
  /** The messages of the shards of a plan: called once with the plan that holds, and with the missing shards only. */
  readonly messages: (plan: ShardPlan, missing: readonly number[]) => readonly NewOutboxMessage[]
}

export interface ItemRow {
  readonly project: string
  readonly job: string
  readonly id: string
  readonly name: string
  readonly image: ImageRef | undefined
  readonly state: ItemState
  readonly failure: Failure | undefined
  readonly slice: Readonly<Record<string, string>>
}

/** An item's explanation with its result, as the exports and pages show it. */
export interface ItemExplanation {
  readonly item: string
  readonly explanation: string
  readonly method: MethodSpec
  readonly state: ExplanationState
  readonly result: ExplanationResult | undefined
  readonly failure: Failure | undefined
  /** Wall time from its first question to its end; outside the identity. */
  readonly durationMs: number | undefined
}

/** One row an item's target and method: what is counted, once. */
export interface CountedTarget {
  readonly target: string
  readonly method: string
  readonly aggregates: readonly AggregateDelta[]
}

/** Scaled integers to add to one aggregate. */
export interface AggregateDelta {
  /** For example `class=person`: the aggregate within (job, method). */
  readonly key: string
  /** Added element by element; all deltas of a key have one length. */
  readonly sums: readonly bigint[]
}

export interface AggregateRow {
  readonly method: string
  readonly key: string
  readonly targets: number
  readonly sums: readonly bigint[]
}

export interface Page<T> {
  readonly rows: readonly T[]
  /** Pass as `after` for the next page; undefined at the end. */
  readonly next: string | undefined
}

export interface Paging {
  readonly after?: string | undefined
  readonly limit: number
}
