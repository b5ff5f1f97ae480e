import { hashOf, type JobSpec, type JobSummary, type NewItem } from '@fanlight/contracts'
import {
  checkId,
  InputError,
  type ItemExplanation,
  type ItemRow,
  itemsReady,
  jobChanged,
  type NewJob,
  type Store,
  sourceReady,
  storable,
} from '@fanlight/ports'
import { registerDetector } from './detectors.ts'
import { cancel, cancelSpent, linkedExplanations, reopenJob, settleJob } from './endings.ts'
import { type Order, pageOf } from './paging.ts'
import { answeredForwards } from './questions.ts'
import { type Explanation, type Item, type Job, jobOf, keyOf, knownJob, type State, send } from './state.ts'

type JobMethods = Pick<
  Store,
  | 'createJob'
  | 'addItems'
  | 'sealJob'
  | 'changeJob'
  | 'getJob'
  | 'listJobs'
  | 'listItems'
  | 'getItem'
  | 'listExplanations'
>

export const jobMethods = (state: State): JobMethods => ({
  async createJob(given) {
    const { project, id, spec } = given
    registerDetector(state, project, spec.detector)
    const stored = jobOf(state, project, checkId(id))
    if (stored) moveDetector(stored, spec.detector)
    const job = stored ?? newJob(state, given, state.clock.now())
    state.jobs.set(keyOf(project, id), job)
    return send(state, job.listing && !job.sealed ? [sourceReady(project, id)] : [])
  },

  async addItems(project, jobId, items, { cursor } = {}) {
    const job = knownJob(state, project, jobId)
    for (const item of items) checkItem(item)
    const added = items.filter((item) => addItem(job, item)).length
    if (added > 0) reopenJob(job, { sealed: false })
    if (job.listing && cursor !== undefined) Object.assign(job.listing, { cursor, touchedAt: state.clock.now() })
    cancelSpent(state, [job])
    const claimable = job.state === 'running' && items.some(({ id }) => job.items.get(id)?.state === 'waiting')
    return send(state, claimable ? [itemsReady(project, jobId)] : [])
  },

  async sealJob(project, jobId) {
    const job = knownJob(state, project, jobId)
    job.sealed = true
    return send(state, settleJob(state, job) ? [jobChanged(project, jobId)] : [])
  },

  async changeJob(project, jobId, change) {
    const job = jobOf(state, project, jobId)
    if (!job) return { state: undefined, outbox: [] }
    const before = job.state
    if (change === 'pause' && before === 'running') pause(state, job)
    if (change === 'resume' && before === 'paused') job.state = 'running'
    if (change === 'cancel' && before !== 'done' && before !== 'cancelled') cancel(job, state.clock.now())
    const listing = job.state === 'running' && job.listing && !job.sealed
    const waiting = job.state === 'running' && [...job.items.values()].some((item) => item.state === 'waiting')
    return {
      state: job.state,
      ...send(state, [
        ...(job.state === before ? [] : [jobChanged(project, jobId)]),
        ...(change === 'resume' && listing ? [sourceReady(project, jobId)] : []),
        ...(change === 'resume' && waiting ? [itemsReady(project, jobId)] : []),
      ]),
    }
  },

  async getJob(project, jobId) {
    const job = jobOf(state, project, jobId)
    return job && summaryOf(job)
  },

  async listJobs(project, paging) {
    const jobs = [...state.jobs.values()].filter((job) => job.project === project)
    const { rows, next } = pageOf(jobs, paging, newestFirst)
    return { rows: rows.map(summaryOf), next }
  },

  async listItems(project, jobId, paging) {
    const items = jobOf(state, project, jobId)?.items.values() ?? []
    const { rows, next } = pageOf(items, paging, byName)
    return { rows: rows.map(rowOf), next }
  },

  async getItem(project, jobId, itemId) {
    const item = jobOf(state, project, jobId)?.items.get(itemId)
    return item && rowOf(item)
  },

  async listExplanations(project, jobId, itemId) {
    const item = jobOf(state, project, jobId)?.items.get(itemId)
    return item ? linkedExplanations(item).map((explanation) => itemExplanationOf(item, explanation)) : []
  },
})

const newestFirst: Order<Job> = { keysOf: ({ serial }) => [-serial], types: ['number'] }
const byName: Order<Item> = { keysOf: ({ name, id }) => [name, id], types: ['string', 'string'] }

const newJob = (state: State, { project, id, name, spec, source, deadlineMs }: NewJob, now: number): Job => ({
  project,
  id,
  name: storable(name),
  spec,
  createdAt: now,
  deadlineAt: deadlineMs === undefined ? undefined : now + deadlineMs,
  listing: source && { source, cursor: undefined, touchedAt: now },
  serial: ++state.serial,
  methodHashes: [...new Set(spec.methods.map(hashOf))],
  state: 'running',
  sealed: false,
  spent: 0,
  endedAt: undefined,
  items: new Map(),
  aggregates: new Map(),
})

function checkItem({ id, name, image, failure }: NewItem): void {
  checkId(id)
  if (!image && !failure) {
    throw new InputError(
      'MESSAGE_INVALID',
      `item ${JSON.stringify(name)} has neither image nor failure: give one of them`,
    )
  }
}

function moveDetector(job: Job, { id, uri }: JobSpec['detector']): void {
  const { detector } = job.spec
  if (detector.id === id) job.spec = { ...job.spec, detector: { ...detector, uri } }
}

/** @returns whether it is new */
function addItem(job: Job, { id, name, image, failure, slice }: NewItem): boolean {
  const stored = job.items.get(id)
  if (stored) {
    if (stored.image?.sha256 === image?.sha256) stored.image = image
    return false
  }
  const state = failure ? 'failed' : job.state === 'cancelled' ? 'cancelled' : 'waiting'
  const links = new Map()
  job.items.set(id, {
    job,
    id,
    name: storable(name),
    image,
    slice,
    state,
    failure,
    owner: undefined,
    links,
    counted: new Map(),
  })
  return true
}

function pause(state: State, job: Job): void {
  job.state = 'paused'
  for (const item of job.items.values()) {
    if (item.state !== 'open') continue
    item.state = 'waiting'
    item.owner = undefined
  }
  cancelSpent(state, [job])
}

function summaryOf(job: Job): JobSummary {
  const items = { waiting: 0, open: 0, done: 0, failed: 0, cancelled: 0 }
  const explanations = new Set<Explanation>()
  let [targets, itemsWithoutTargets] = [0, 0]
  for (const item of job.items.values()) {
    items[item.state] += 1
    for (const explanation of item.links.keys()) explanations.add(explanation)
    if (item.state !== 'done' && item.state !== 'failed') continue
    const found = targetsOf(item)
    targets += found
    if (item.state === 'done' && found === 0) itemsWithoutTargets += 1
  }
  const { project, id, name, spec, state, createdAt, deadlineAt, sealed } = job
  const forwards = forwardsOf(explanations)
  const deadline = deadlineAt !== undefined && { deadlineAt }
  const counts = { items, itemsWithoutTargets, targets, ...forwards }
  return { project, id, name, spec, state, createdAt, ...deadline, ...counts, sealed }
}

/** Distinct targets: every method explains the same ones, so the method that has most has all. */
const targetsOf = (item: Item): number =>
  Math.max(
    0,
    ...[...item.links.keys()].map(({ result }) => new Set(result?.attributions.map(({ target }) => target.id)).size),
  )

function forwardsOf(explanations: Iterable<Explanation>): Pick<JobSummary, 'openForwards' | 'endedForwards'> {
  let [answered, asked, endedForwards] = [0, 0, 0]
  for (const explanation of explanations) {
    endedForwards += explanation.forwards
    answered += answeredForwards(explanation)
    for (const { plan } of explanation.questions.values()) asked += plan.at(-1) ?? 0
  }
  return { openForwards: { answered, asked }, endedForwards }
}

const rowOf = ({ job, id, name, image, state, failure, slice }: Item): ItemRow => ({
  project: job.project,
  job: job.id,
  id,
  name,
  image,
  state,
  failure,
  slice,
})

function itemExplanationOf(item: Item, explanation: Explanation): ItemExplanation {
  const { id, method, state, result, failure, firstAskedAt, endedAt } = explanation
  const durationMs = firstAskedAt === undefined || endedAt === undefined ? undefined : endedAt - firstAskedAt
  return { item: item.id, explanation: id, method, state, result, failure, durationMs }
}
