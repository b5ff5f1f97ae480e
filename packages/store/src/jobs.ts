import { hashOf, type JobSpec, type JobState } from '@fanlight/contracts'
import {
  checkId,
  InputError,
  itemsReady,
  jobChanged,
  type NewOutboxMessage,
  type Store,
  storable,
} from '@fanlight/ports'
import type { Records, Tx } from './database.ts'
import { settleJobs } from './endings.ts'
import { fromJson } from './json.ts'
import { send } from './outbox.ts'
import { listSummaries, oneSummary } from './summaries.ts'

type JobMethods = Pick<Store, 'createJob' | 'sealJob' | 'changeJob' | 'getJob' | 'listJobs'>

export const jobMethods = ({ db, clock }: Records): JobMethods => ({
  createJob: (job) =>
    db.transaction().execute(async (tx) => {
      if (!(await insertJob(tx, job, clock.now()))) await moveDetector(tx, job)
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
      if (change === 'resume' && state === 'running' && (await hasWaiting(tx, project, job)))
        messages.push(itemsReady(project, job))
      return { state, ...(await send(tx, messages, clock.now())) }
    }),

  getJob: (project, job) => oneSummary(db, project, job),
  listJobs: (project, paging) => listSummaries(db, project, paging),
})

type NewJob = Parameters<Store['createJob']>[0]

async function insertJob(tx: Tx, { project, id, name, spec }: NewJob, now: number): Promise<boolean> {
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
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows ?? 0) > 0
}

async function moveDetector(tx: Tx, { project, id, spec: { detector } }: NewJob): Promise<void> {
  const query = tx.selectFrom('jobs').select('spec').where('project', '=', project).where('id', '=', id).forUpdate()
  const stored = fromJson<JobSpec>((await query.executeTakeFirst())?.spec ?? null)
  if (stored?.detector.id !== detector.id || stored.detector.uri === detector.uri) return
  const spec = JSON.stringify({ ...stored, detector: { ...stored.detector, uri: detector.uri } })
  await tx.updateTable('jobs').set({ spec }).where('project', '=', project).where('id', '=', id).execute()
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

async function hasWaiting(tx: Tx, project: string, job: string): Promise<boolean> {
  const query = tx.selectFrom('items').select('id').where('project', '=', project).where('job', '=', job)
  return (await query.where('state', '=', 'waiting').limit(1).executeTakeFirst()) !== undefined
}
