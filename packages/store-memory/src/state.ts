import type {
  DetectorRef,
  ExplanationResult,
  Failure,
  ImageRef,
  ItemState,
  JobSource,
  JobSpec,
  JobState,
  Measured,
  MethodSpec,
  Outcome,
  Question,
  ShardPlan,
  ShardRef,
} from '@fanlight/contracts'
import {
  type AggregateRow,
  type Clock,
  type CountedTarget,
  type DeadLetter,
  type ExplanationState,
  InputError,
  type NewOutboxMessage,
  type OutboxMessage,
  type Sends,
} from '@fanlight/ports'

export interface Job {
  readonly project: string
  readonly id: string
  readonly name: string
  spec: JobSpec
  readonly createdAt: number
  readonly deadlineAt: number | undefined
  /** Of its source, if it has one. */
  readonly listing: Listing | undefined
  /** The how-manieth job of this store: breaks ties of `createdAt`. */
  readonly serial: number
  /** Distinct methods, by hash: an item has ended when that many explanations of it have. */
  readonly methodHashes: readonly string[]
  state: JobState
  sealed: boolean
  /** Forwards that its explanations cost when they ended, each time. */
  spent: number
  endedAt: number | undefined
  /** In order of arrival. */
  readonly items: Map<string, Item>
  readonly aggregates: Map<string, AggregateRow>
}

export interface Listing {
  readonly source: JobSource
  cursor: string | undefined
  touchedAt: number
}

export interface Item {
  readonly job: Job
  readonly id: string
  readonly name: string
  image: ImageRef | undefined
  readonly slice: Readonly<Record<string, string>>
  state: ItemState
  failure: Failure | undefined
  /** Who works on it while it is open. */
  owner: string | undefined
  readonly links: Map<Explanation, Link>
  readonly counted: Map<string, CountedTarget>
}

/** That an item wants an explanation. */
export interface Link {
  /** Of the explanation's method among the job's. */
  readonly position: number
  counted: boolean
}

export interface Explanation {
  readonly project: string
  readonly id: string
  image: ImageRef
  readonly method: MethodSpec
  spec: JobSpec
  readonly items: Set<Item>
  readonly questions: Map<number, AskedQuestionRow>
  /** Of one that failed. */
  attemptFailures: readonly ShardFailures[]
  state: ExplanationState
  failure: Failure | undefined
  result: ExplanationResult | undefined
  /** Of an explanation that failed. */
  transcript: string | undefined
  forwards: number
  firstAskedAt: number | undefined
  endedAt: number | undefined
  touchedAt: number
}

export interface AskedQuestionRow {
  readonly ordinal: number
  readonly hash: string
  readonly question: Question
  readonly plan: ShardPlan
  readonly shards: readonly Shard[]
  executionClass: string | undefined
}

export interface Shard {
  attempts: number
  readonly failures: Failure[]
  outcome: Outcome | undefined
  measured: Measured | undefined
}

export interface ShardFailures {
  readonly ordinal: number
  readonly shard: number
  readonly failures: readonly Failure[]
}

export interface Letter {
  letter: DeadLetter
  /** What it asked for. */
  readonly shard: ShardRef | undefined
  readonly serial: number
}

export interface State {
  readonly clock: Clock
  readonly jobs: Map<string, Job>
  readonly explanations: Map<string, Explanation>
  readonly detectors: Map<string, { readonly project: string; readonly ref: DetectorRef }>
  readonly letters: Map<string, Letter>
  readonly derivedModels: Map<string, { readonly artifact: string; readonly putAt: number }>
  /** When each owner's lease runs out. */
  readonly leases: Map<string, number>
  readonly outbox: Map<string, OutboxMessage & { readonly writtenAt: number }>
  serial: number
}

export const newState = (clock: Clock): State => ({
  clock,
  jobs: new Map(),
  explanations: new Map(),
  detectors: new Map(),
  letters: new Map(),
  derivedModels: new Map(),
  leases: new Map(),
  outbox: new Map(),
  serial: 0,
})

export const keyOf = (...parts: readonly (string | number)[]): string => parts.join('\n')

export const jobOf = (state: State, project: string, job: string): Job | undefined =>
  state.jobs.get(keyOf(project, job))

/** @throws InputError `NOT_FOUND` */
export function knownJob(state: State, project: string, job: string): Job {
  const found = jobOf(state, project, job)
  if (!found) throw new InputError('NOT_FOUND', `project ${project} has no job ${JSON.stringify(job)}: create it first`)
  return found
}

export const explanationOf = (state: State, project: string, explanation: string): Explanation | undefined =>
  state.explanations.get(keyOf(project, explanation))

export const isWanted = (explanation: Explanation): boolean => wantedBy(explanation).length > 0

export function wantedBy(explanation: Explanation): Item[] {
  if (explanation.state !== 'open') return []
  return [...explanation.items].filter(({ state, job }) => state === 'open' && job.state === 'running')
}

/** Writes messages to the outbox. */
export function send(state: State, messages: readonly NewOutboxMessage[]): Sends {
  const outbox = messages.map((message) => ({ id: String(++state.serial), ...message }))
  const writtenAt = state.clock.now()
  for (const message of outbox) state.outbox.set(message.id, { ...message, writtenAt })
  return { outbox }
}
