import { hashOf } from '@fanlight/contracts'
import {
  attributionsMade,
  checkId,
  type ExplanationHistory,
  isLasting,
  itemsReady,
  jobChanged,
  type Store,
} from '@fanlight/ports'
import { mayReopen, reopenJob, settle } from './endings.ts'
import { answeredForwards, failuresOf, recordedQuestions } from './questions.ts'
import {
  type Explanation,
  explanationOf,
  type Item,
  isWanted,
  jobOf,
  keyOf,
  type State,
  send,
  wantedBy,
} from './state.ts'

type ExplanationMethods = Pick<
  Store,
  'openExplanation' | 'readExplanation' | 'endExplanation' | 'getResult' | 'reopenFailed' | 'stalled'
>

export const explanationMethods = (state: State): ExplanationMethods => ({
  async openExplanation(claim, { id, image, method, spec }) {
    const { project } = claim
    const item = jobOf(state, project, claim.job)?.items.get(claim.item)
    const stored = explanationOf(state, project, checkId(id))
    if (item?.image?.sha256 !== image.sha256 || item.state === 'cancelled')
      return { state: stored?.state ?? 'failed', outbox: [] }

    const explanation = stored ?? newExplanation({ project, id, image, method, spec }, state.clock.now())
    state.explanations.set(keyOf(project, id), explanation)
    const isNew = !item.links.has(explanation)
    if (isNew && explanation.state === 'failed' && !isLasting(explanation.failure!.code)) reopenExplanation(explanation)
    if (explanation.state === 'open') Object.assign(explanation, { image, spec, touchedAt: state.clock.now() })
    const sharing = [...explanation.items].some(({ job }) => job === item.job)
    if (!sharing && explanation.state !== 'open') item.job.spent += explanation.forwards
    explanation.items.add(item)
    if (isNew) item.links.set(explanation, { position: positionOf(item, explanation), counted: false })
    const made = explanation.state === 'done' ? [attributionsMade(project, item.job.id, item.id, id)] : []
    return { state: explanation.state, ...send(state, [...made, ...settle(state, new Set([item]))]) }
  },

  async readExplanation(project, id) {
    const explanation = explanationOf(state, project, id)
    return explanation && historyOf(explanation)
  },

  async endExplanation(project, id, end) {
    const explanation = explanationOf(state, project, id)
    if (explanation?.state !== 'open') return { outbox: [] }
    const answered = answeredForwards(explanation)
    explanation.state = end.ok ? 'done' : 'failed'
    explanation.result = end.ok ? end.result : undefined
    explanation.failure = end.ok ? undefined : end.failure
    explanation.transcript = end.ok ? undefined : end.transcript
    explanation.forwards = end.ok ? end.result.forwards : answered
    explanation.endedAt = state.clock.now()
    explanation.attemptFailures = end.ok ? [] : failuresOf(explanation)
    explanation.questions.clear()
    for (const job of new Set([...explanation.items].map((item) => item.job))) job.spent += explanation.forwards
    const counting = end.ok ? [...explanation.items].filter((item) => item.state !== 'cancelled') : []
    for (const item of counting) item.links.get(explanation)!.counted = false
    return send(state, [
      ...counting.map((item) => attributionsMade(project, item.job.id, item.id, id)),
      ...settle(state, explanation.items),
    ])
  },

  async getResult(project, id) {
    const explanation = explanationOf(state, project, id)
    if (!explanation?.result) return undefined
    const { image, method, spec, result } = explanation
    return { id, image, method, spec, result }
  },

  async reopenFailed(project, jobId) {
    const job = jobOf(state, project, jobId)
    // An item without explanations arrived failed: there is nothing to try again.
    const failed = [...(job?.items.values() ?? [])].filter((item) => item.state === 'failed' && item.links.size > 0)
    if (!job || !mayReopen(job) || failed.length === 0) return { items: 0, outbox: [] }
    for (const item of failed) {
      reopenItem(item)
      for (const explanation of item.links.keys()) {
        if (explanation.state !== 'failed') continue
        reopenExplanation(explanation)
        explanation.touchedAt = state.clock.now()
      }
    }
    reopenJob(job, { sealed: job.sealed })
    const ready = job.state === 'running' ? [itemsReady(project, jobId)] : []
    return { items: failed.length, ...send(state, [jobChanged(project, jobId), ...ready]) }
  },

  async stalled(idleMs, limit) {
    const now = state.clock.now()
    const found = [...state.explanations.values()]
      .filter((explanation) => explanation.touchedAt <= now - idleMs && isWanted(explanation))
      .sort((a, b) => a.touchedAt - b.touchedAt)
      .slice(0, limit)
    for (const explanation of found) explanation.touchedAt = now
    return found.map(({ project, id }) => ({ project, explanation: id }))
  },
})

type Identity = Pick<Explanation, 'project' | 'id' | 'image' | 'method' | 'spec'>

const newExplanation = (identity: Identity, now: number): Explanation => ({
  ...identity,
  items: new Set(),
  questions: new Map(),
  attemptFailures: [],
  state: 'open',
  failure: undefined,
  result: undefined,
  transcript: undefined,
  forwards: 0,
  firstAskedAt: undefined,
  endedAt: undefined,
  touchedAt: now,
})

function positionOf({ job }: Item, { method }: Explanation): number {
  const found = job.methodHashes.indexOf(hashOf(method))
  return found < 0 ? job.methodHashes.length : found
}

function historyOf(explanation: Explanation): ExplanationHistory {
  const { project, id, image, method, spec, state, failure } = explanation
  const wanting = wantedBy(explanation)
  const isLive = wanting.some(({ job }) => job.spec.lane === 'live')
  const lane = wanting.length === 0 ? spec.lane : isLive ? 'live' : 'bulk'
  const questions = recordedQuestions(explanation)
  return { project, id, image, method, spec, state, lane, wanted: wanting.length > 0, questions, failure }
}

export function reopenItem(item: Item): void {
  item.state = 'waiting'
  item.failure = undefined
}

/** Without what it was asked. */
export function reopenExplanation(explanation: Explanation): void {
  explanation.state = 'open'
  explanation.failure = undefined
  explanation.attemptFailures = []
  explanation.transcript = undefined
  explanation.forwards = 0
  explanation.firstAskedAt = undefined
  explanation.endedAt = undefined
}
