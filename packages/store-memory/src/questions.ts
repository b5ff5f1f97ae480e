import type { Failure, ShardRef } from '@fanlight/contracts'
import { explanationReady, InputError, type RecordedQuestion, type Store } from '@fanlight/ports'
import {
  type AskedQuestionRow,
  type Explanation,
  explanationOf,
  isWanted,
  type Shard,
  type ShardFailures,
  type State,
  send,
} from './state.ts'

type QuestionMethods = Pick<
  Store,
  'askQuestion' | 'startShard' | 'recordAttemptFailure' | 'abandonShard' | 'storeAnswer'
>

export const questionMethods = (state: State): QuestionMethods => ({
  async askQuestion({ project, explanation: id, ordinal, hash, question, plan, messages }) {
    const explanation = explanationOf(state, project, id)
    if (explanation?.state !== 'open') return { plan, outbox: [] }
    const stored = explanation.questions.get(ordinal)
    if (stored && stored.hash !== hash) {
      throw new InputError(
        'TRANSCRIPT_MISMATCH',
        `question ${ordinal} of ${id} is ${stored.hash}, not ${hash}: use --fresh`,
      )
    }
    const row = stored ?? {
      ordinal,
      hash,
      question,
      plan,
      shards: plan.slice(1).map(newShard),
      executionClass: undefined,
    }
    explanation.questions.set(ordinal, row)
    explanation.touchedAt = state.clock.now()
    explanation.firstAskedAt ??= explanation.touchedAt
    const missing = row.shards.flatMap(({ outcome }, shard) => (outcome ? [] : [shard]))
    return { plan: row.plan, ...send(state, messages(row.plan, missing)) }
  },

  async startShard(ref) {
    const found = findShard(state, ref)
    if (!found || found.shard.outcome || !isWanted(found.explanation)) return { do: 'skip' }
    const { shard, explanation } = found
    shard.attempts += 1
    explanation.touchedAt = state.clock.now()
    return { do: 'work', attempt: shard.attempts, failures: [...shard.failures] }
  },

  async recordAttemptFailure(ref, failure) {
    const found = findShard(state, ref)
    // A repeated call must not look like another attempt.
    if (!found || found.shard.failures.length >= found.shard.attempts) return
    found.shard.failures.push(failure)
    found.explanation.touchedAt = state.clock.now()
  },

  async abandonShard(ref) {
    const shard = findShard(state, ref)?.shard
    if (shard && !shard.outcome && shard.failures.length < shard.attempts) shard.attempts -= 1
  },

  async storeAnswer(ref, outcome, measured) {
    const found = findShard(state, ref)
    if (!found) return { complete: false, outbox: [] }
    const { explanation, question, shard } = found
    if (!shard.outcome) {
      shard.outcome = outcome
      shard.measured = measured
      explanation.touchedAt = state.clock.now()
      if (outcome.ok) question.executionClass ??= outcome.executionClass
      else explanation.failure ??= outcome.failure
    }
    const complete = isComplete(question)
    const ready = complete || !shard.outcome.ok
    return { complete, ...send(state, ready ? [explanationReady(ref.project, ref.explanation)] : []) }
  },
})

export const recordedQuestions = ({ questions }: Explanation): RecordedQuestion[] =>
  [...questions.values()].sort((a, b) => a.ordinal - b.ordinal).map(recorded)

/** Forwards of the shards that have an answer. */
export function answeredForwards({ questions }: Explanation): number {
  let forwards = 0
  for (const { plan, shards } of questions.values()) {
    for (const [i, { outcome }] of shards.entries()) if (outcome?.ok) forwards += plan[i + 1]! - plan[i]!
  }
  return forwards
}

/** What the attempts of its failed shards said, for dead letters that are filed when its questions are gone. */
export function failuresOf({ questions }: Explanation): ShardFailures[] {
  return [...questions.values()].flatMap(({ ordinal, shards }) =>
    shards.flatMap(({ outcome, failures }, shard) => (outcome?.ok === false ? [{ ordinal, shard, failures }] : [])),
  )
}

/** What the attempts of a shard said, also when the explanation has failed by now. */
export function attemptFailures(explanation: Explanation, { ordinal, shard }: ShardRef): readonly Failure[] {
  const kept = explanation.attemptFailures.find((failed) => failed.ordinal === ordinal && failed.shard === shard)
  return [...((kept ?? explanation.questions.get(ordinal)?.shards[shard])?.failures ?? [])]
}

function recorded(row: AskedQuestionRow): RecordedQuestion {
  const { ordinal, hash, question, plan, shards, executionClass } = row
  const measured = { forwards: 0, durationMs: 0 }
  for (const shard of shards) {
    measured.forwards += shard.measured?.forwards ?? 0
    measured.durationMs += shard.measured?.durationMs ?? 0
  }
  const answers = shards.map(({ outcome }) => (outcome?.ok ? outcome.answer : undefined))
  return { ordinal, hash, question, plan, answers, complete: isComplete(row), executionClass, measured }
}

/** A failed shard leaves its question without an answer for ever. */
const isComplete = ({ shards }: AskedQuestionRow): boolean => shards.every(({ outcome }) => outcome?.ok)

const newShard = (): Shard => ({ attempts: 0, failures: [], outcome: undefined, measured: undefined })

function findShard(state: State, ref: ShardRef) {
  const explanation = explanationOf(state, ref.project, ref.explanation)
  const question = explanation?.questions.get(ref.ordinal)
  const shard = question?.shards[ref.shard]
  if (!explanation || !question || !shard) return undefined
  const [from, to] = question.plan.slice(ref.shard)
  return question.hash === ref.hash && from === ref.from && to === ref.to ? { explanation, question, shard } : undefined
}
