import type { ItemState, JobState, Lane } from '@fanlight/contracts'
import type { ExplanationState } from '@fanlight/ports'
import type { ColumnType, Generated } from 'kysely'

/** A column that is not written on its own account. */
type Unwritten<T> = ColumnType<T, never, never>

export interface JobsTable {
  project: string
  id: string
  name: string
  spec: string
  lane: Lane
  method_hashes: string[]
  detector_sha256: string
  state: JobState
  sealed: boolean
  created_at: number
  ended_at: number | null
  deadline_at: number | null
  source: string | null
  source_cursor: string | null
  source_touched_at: number | null
  budget: number | null
  spent: Generated<number>
  serial: Unwritten<number>
}

export interface ItemsTable {
  project: string
  job: string
  id: string
  name: string
  image_sha256: string | null
  image: string | null
  slice: string
  state: ItemState
  failure: string | null
  owner: string | null
  targets: Generated<number>
  arrival: Unwritten<number>
}

export interface LeasesTable {
  owner: string
  until: number
}

export interface ExplanationsTable {
  project: string
  id: string
  image_sha256: string
  image: string
  method: string
  spec: string
  lane: Lane
  state: ExplanationState
  failure: string | null
  attempt_failures: string | null
  result: string | null
  artifacts: Generated<string[]>
  targets: Generated<number>
  forwards: Generated<number>
  first_asked_at: number | null
  touched_at: number
  ended_at: number | null
  slot: Generated<number>
}

export interface ItemExplanationsTable {
  project: string
  job: string
  item: string
  explanation: string
  position: number
  uncounted: boolean
  offers: Generated<number>
}

export interface QuestionsTable {
  project: string
  explanation: string
  ordinal: number
  hash: string
  question: string
  plan: number[]
  missing: number
  execution_class: string | null
  slot: number
}

export interface ShardsTable {
  project: string
  explanation: string
  ordinal: number
  shard: number
  forwards: number
  attempts: Generated<number>
  failures: Generated<string[]>
  ok: boolean | null
  answer: string | null
  measured_forwards: number | null
  measured_ms: number | null
  touched_at: number
  slot: number
}

/** The partition that the answers of explanations opened now go to; one row. */
export interface AnswerSlotsTable {
  current: number
}

/** What a statement added to a job's counts, or many did: the counts are the sum of the job's rows. */
export interface JobCountsTable {
  project: string
  job: string
  waiting: number
  open: number
  done: number
  failed: number
  cancelled: number
  targets: number
  without_targets: number
  ended_forwards: number
}

export interface CountedTargetsTable {
  project: string
  job: string
  item: string
  target: string
  method: string
  aggregates: string
}

export interface AggregatesTable {
  project: string
  job: string
  method: string
  key: string
  targets: number
  sums: string[]
}

export interface OutboxTable {
  id: Unwritten<number>
  messages: string
  count: number
  sent: Generated<number[]>
  written_at: number
}

export interface DetectorsTable {
  project: string
  id: string
  name: string
  sha256: string
  ref: string
}

export interface DeadLettersTable {
  id: string
  project: string | null
  shard_project: string | null
  explanation: string | null
  letter: string
  body: string
  history: string
  at: number
  replays: Generated<number>
  replayed_at: number | null
  serial: Unwritten<number>
}

export interface DerivedModelsTable {
  key: string
  artifact: string
  put_at: number
}

export interface Tables {
  jobs: JobsTable
  items: ItemsTable
  leases: LeasesTable
  explanations: ExplanationsTable
  item_explanations: ItemExplanationsTable
  questions: QuestionsTable
  shards: ShardsTable
  answer_slots: AnswerSlotsTable
  job_counts: JobCountsTable
  counted_targets: CountedTargetsTable
  aggregates: AggregatesTable
  outbox: OutboxTable
  detectors: DetectorsTable
  dead_letters: DeadLettersTable
  derived_models: DerivedModelsTable
}
