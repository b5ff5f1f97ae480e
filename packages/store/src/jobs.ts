import { hashOf, type JobSpec, type JobState } from '@fanlight/contracts'
import {
  checkId,
  InputError,
  itemsReady,
  jobChanged,
  type NewJob,
  type NewOutboxMessage,
  type Store,
  sourceReady,
  storable,
} from '@fanlight/ports'
import { cancelSpent } from './budgets.ts'
import type { Records, Tx } from './database.ts'
import { registerDetector } from './detectors.ts'
import { settleJobs } from './endings.ts'
import { fromJson } from './json.ts'
import { send } from './outbox.ts'
import { listSummaries, oneSummary } from './summaries.ts'

type JobMethods = Pick<Store, 'createJob' | 'sealJob' | 'changeJob' | 'getJob' | 'listJobs'>

export const jobMethods = ({ db, clock }: Records): JobMethods => ({
  createJob: (job) =>
    db.transaction().execute(async (tx) => {
      const now = clock.now()
      await registerDetector(tx, job.project, job.spec.detector)
      const isNew = await insertJob(tx, job, now)
      const listing = isNew ? job.source !== undefined : await moveDetector(tx, job)
      return send(tx, listing ? [sourceReady(job.project, job.id)] : [], now)
    }),

  sealJob: (project, job) =>
    db.transaction().execute(async (tx) => {
      await lockJob(tx, project, job)
      await tx.updateTable('jobs').set({ sealed: true }).where('project', '=', project).where('id', '=', job).execute()
      const done = await settleJobs(tx, { project, jobs: [job] }, clock.now())
      return send(
        tx,
        done.map((id) => jobChanged(project, id)),
        clock.now(),
      )
    }),

  changeJob: (project, job, change) =>
    db.transaction().execute(async (tx) => {
      const before = await findJob(tx, project, job)
      if (before === undefined) return { state: undefined, outbox: [] }
      const state = stateAfter(before, change)
      if (state !== before) await moveJob(tx, { project, job, state }, clock.now())
      const messages: NewOutboxMessage[] = state === before ? [] : [jobChanged(project, job)]
      if (state === 'paused' && (await cancelSpent(tx, { project, jobs: [job] })).length > 0) {
        const done = await settleJobs(tx, { project, jobs: [job] }, clock.now())
        return { state: done.length > 0 ? 'done' : state, ...(await send(tx, messages, clock.now())) }
      }
      if (change === 'resume' && state === 'running') messages.push(...(await doorbells(tx, project, job)))
      return { state, ...(await send(tx, messages, clock.now())) }
    }),

  getJob: (project, job) => oneSummary(db, project, job),
  listJobs: (project, paging) => listSummaries(db, project, paging),
})

async function insertJob(tx: Tx, job: NewJob, now: number): Promise<boolean> {
  const { project, id, name, spec, source, deadlineMs } = job
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('jobs')
    .values({
      project,
      id: checkId(id),
      name: storable(name),
      spec: JSON.stringify(spec),
      lane: spec.lane,
      method_hashes: [...new Set(spec.methods.map(hashOf))],
      detector_sha256: spec.detector.sha256,
      state: 'running',
      sealed: false,
      created_at: now,
      deadline_at: deadlineMs === undefined ? null : now + deadlineMs,
      source: source ? JSON.stringify(source) : null,
      source_touched_at: source ? now : null,
      budget: spec.budget?.forwards ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows ?? 0) > 0
}

/** @returns whether its source has still to be listed */
async function moveDetector(tx: Tx, { project, id, spec: { detector } }: NewJob): Promise<boolean> {
  const jobs = tx.selectFrom('jobs').select(['spec', 'source', 'sealed']).where('project', '=', project)
  const row = await jobs.where('id', '=', id).forUpdate().executeTakeFirst()
  const stored = fromJson<JobSpec>(row?.spec ?? null)
  if (stored?.detector.id === detector.id && stored.detector.uri !== detector.uri) {
    const spec = JSON.stringify({ ...stored, detector: { ...stored.detector, uri: detector.uri } })
    await tx.updateTable('jobs').set({ spec }).where('project', '=', project).where('id', '=', id).execute()
  }
  return row !== undefined && row.source !== null && !row.sealed
}

/** Locks the job. @returns its state, undefined when there is none */
async function findJob(tx: Tx, project: string, job: string): Promise<JobState | undefined> {
  const query = tx.selectFrom('jobs').select('state').where('project', '=', project).where('id', '=', job).forUpdate()
  return (await query.executeTakeFirst())?.state
}

/** @throws InputError `NOT_FOUND` */
export async function lockJob(tx: Tx, project: string, job: string): Promise<JobState> {
  const state = await findJob(tx, project, job)
  if (state !== undefined) return state
  throw new InputError('NOT_FOUND', `project ${project} has no job ${JSON.stringify(job)}: create it first`)
}

function stateAfter(state: JobState, change: 'pause' | 'resume' | 'cancel'): JobState {
  if (state === 'done' || state === 'cancelled') return state
  return ({ pause: 'paused', resume: 'running', cancel: 'cancelled' } as const)[change]
}

async function moveJob(
  tx: Tx,
  { project, job, state }: { project: string; job: string; state: JobState },
  now: number,
): Promise<void> {
  const ended = state === 'cancelled' ? { ended_at: now } : {}
  await tx
    .updateTable('jobs')
    .set({ state, ...ended })
    .where('project', '=', project)
    .where('id', '=', job)
    .execute()
  const items = tx.updateTable('items').where('project', '=', project).where('job', '=', job)
  if (state === 'paused') await items.where('state', '=', 'open').set({ state: 'waiting', owner: null }).execute()
  if (state === 'cancelled') {
    await items.where('state', 'in', ['waiting', 'open']).set({ state: 'cancelled', owner: null }).execute()
  }
}

/** Rings for what the job has to do. */
async function doorbells(tx: Tx, project: string, job: string): Promise<NewOutboxMessage[]> {
  const jobs = tx.selectFrom('jobs').select('id').where('project', '=', project).where('id', '=', job)
  const listing = await jobs.where('source', 'is not', null).where('sealed', '=', false).executeTakeFirst()
  return [
    ...(listing ? [sourceReady(project, job)] : []),
    ...((await hasWaiting(tx, project, job)) ? [itemsReady(project, job)] : []),
  ]
}

async function hasWaiting(tx: Tx, project: string, job: string): Promise<boolean> {
  const query = tx.selectFrom('items').select('id').where('project', '=', project).where('job', '=', job)
  return (await query.where('state', '=', 'waiting').limit(1).executeTakeFirst()) !== undefined
}
