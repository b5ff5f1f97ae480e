import {
  checkLetter,
  type DeadLetter,
  InputError,
  itemsReady,
  jobChanged,
  type Replay,
  replayOf,
  type Store,
  shardOfLetter,
  whyNotReopened,
} from '@fanlight/ports'
import { mayReopen, reopenJob } from './endings.ts'
import { reopenExplanation, reopenItem } from './explanations.ts'
import { type Order, pageOf } from './paging.ts'
import { attemptFailures } from './questions.ts'
import { explanationOf, type Job, type Letter, type State, send } from './state.ts'

type DeadLetterMethods = Pick<Store, 'recordDeadLetter' | 'listDeadLetters' | 'getDeadLetter' | 'replayDeadLetter'>

export const deadLetterMethods = (state: State): DeadLetterMethods => ({
  async recordDeadLetter(given) {
    checkLetter(given)
    if (state.letters.has(given.id)) return
    const shard = shardOfLetter(given)
    const explanation = shard && explanationOf(state, shard.project, shard.explanation)
    const history = explanation ? attemptFailures(explanation, shard) : []
    const letter = { ...given, history, replays: 0, replayedAt: undefined }
    state.letters.set(given.id, { letter, shard, serial: ++state.serial })
  },

  async listDeadLetters(paging, { project } = {}) {
    const letters = [...state.letters.values()].filter(
      ({ letter }) => project === undefined || (letter.project ?? null) === project,
    )
    const { rows, next } = pageOf(letters, paging, newestFirst)
    return { rows: rows.map(({ letter: { bodyBase64: _, ...row } }) => row), next }
  },

  async getDeadLetter(id) {
    return state.letters.get(id)?.letter
  },

  async replayDeadLetter(id) {
    const filed = state.letters.get(id)
    if (!filed) throw new InputError('NOT_FOUND', `there is no dead letter ${JSON.stringify(id)}`)
    const replay = replayed(state, filed)
    if (replay.replay !== 'nothing') filed.letter = countReplay(filed.letter, state.clock.now())
    return replay
  },
})

const newestFirst: Order<Letter> = { keysOf: ({ serial }) => [-serial], types: ['number'] }

const countReplay = (letter: DeadLetter, now: number): DeadLetter => ({
  ...letter,
  replays: letter.replays + 1,
  replayedAt: now,
})

function replayed(state: State, { letter, shard }: Letter): Replay {
  if (!shard) return replayOf(letter, letter.replays + 1)
  const explanation = explanationOf(state, shard.project, shard.explanation)
  const items = [...(explanation?.items ?? [])].filter((item) => item.state === 'failed' && mayReopen(item.job))
  if (explanation?.state !== 'failed' || items.length === 0)
    return { replay: 'nothing', why: whyNotReopened(explanation?.state) }
  reopenExplanation(explanation)
  explanation.touchedAt = state.clock.now()
  for (const item of items) reopenItem(item)
  const jobs = [...new Set(items.map(({ job }) => job))]
  for (const job of jobs) reopenJob(job, { sealed: job.sealed })
  return { replay: 'reopened', ...send(state, jobs.flatMap(reopened)) }
}

const reopened = (job: Job) => {
  const { project, id, state } = job
  return [jobChanged(project, id), ...(state === 'running' ? [itemsReady(project, id)] : [])]
}
