import { jobChanged, type NewOutboxMessage } from '@fanlight/ports'
import { sql } from 'kysely'
import { cancelSpent } from './budgets.ts'
import type { Tx } from './database.ts'

/** Jobs whose rows the transaction has locked. */
export interface LockedJobs {
  readonly project: string
  readonly jobs: readonly string[]
}

export interface JobsToSettle extends LockedJobs {
  /** Those of them that have a budget. */
  readonly budgeted: readonly string[]
}

/**
 * Locks the jobs of an explanation's items. Whoever ends an item holds its job: two explanations that end at the same
 * moment would otherwise each see the other one open.
 * @param job one more, of an item that is about to be linked
 */
export async function lockJobsOf(tx: Tx, project: string, explanation: string, job?: string): Promise<JobsToSettle> {
  const linked = tx
    .selectFrom('item_explanations')
    .select('job')
    .where('project', '=', project)
    .where('explanation', '=', explanation)
  const rows = await tx
    .selectFrom('jobs')
    .select(['id', 'budget'])
    .where('project', '=', project)
    .where((jobs) => jobs.or([jobs('id', 'in', linked), ...(job === undefined ? [] : [jobs('id', '=', job)])]))
    .orderBy('id')
    .forUpdate()
    .execute()
  const budgeted = rows.filter(({ budget }) => budget !== null).map(({ id }) => id)
  return { project, jobs: rows.map(({ id }) => id), budgeted }
}

/**
 * Ends the items of the explanation whose explanations have all ended, then their jobs. An item that has failed is
 * settled anew: another job may have opened what it shares, and that ended otherwise. @returns what to say of it
 */
export async function settle(
  tx: Tx,
  { project, jobs, budgeted }: JobsToSettle,
  explanation: string,
  now: number,
): Promise<NewOutboxMessage[]> {
  if (jobs.length === 0) return []
  const ended = await sql<{ job: string }>`
    update items i
    set state = case when s.failure is null then 'done' else 'failed' end, failure = s.failure, targets = s.targets, owner = null
    from (
      select l.job, l.item, count(*) as linked, bool_or(e.state = 'open') as pending, coalesce(max(e.targets), 0) as targets,
        (array_agg(e.failure order by l.position) filter (where e.state = 'failed'))[1] as failure
      from item_explanations own
      join item_explanations l on l.project = own.project and l.job = own.job and l.item = own.item
      join explanations e on e.project = l.project and e.id = l.explanation
      where own.project = ${project} and own.explanation = ${explanation} and own.job = any(${jobs})
      group by l.job, l.item
    ) s
    join jobs j on j.project = ${project} and j.id = s.job
    where i.project = ${project} and i.job = s.job and i.id = s.item
      and (i.state in ('waiting', 'open') or i.state = 'failed' and (i.failure, i.targets) is distinct from (s.failure, s.targets))
      and not s.pending and s.linked >= cardinality(j.method_hashes)
    returning i.job`.execute(tx)
  const spent = await cancelSpent(tx, { project, jobs: budgeted })
  const moved = [...new Set([...ended.rows.map(({ job }) => job), ...spent])]
  await settleJobs(tx, { project, jobs: moved }, now)
  return moved.map((job) => jobChanged(project, job))
}

/** A sealed job is done when its last item has ended. @returns the jobs that are done now */
export async function settleJobs(tx: Tx, { project, jobs }: LockedJobs, now: number): Promise<string[]> {
  if (jobs.length === 0) return []
  const done = await sql<{ id: string }>`
    update jobs set state = 'done', ended_at = ${now}
    where project = ${project} and id = any(${jobs}) and sealed and state in ('running', 'paused')
      and not exists (select from items i where i.project = jobs.project and i.job = jobs.id and i.state = 'waiting')
      and not exists (select from items i where i.project = jobs.project and i.job = jobs.id and i.state = 'open')
    returning id`.execute(tx)
  return done.rows.map(({ id }) => id)
}
