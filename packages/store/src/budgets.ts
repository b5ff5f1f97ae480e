import { sql } from 'kysely'
import type { Tx } from './database.ts'
import type { LockedJobs } from './endings.ts'

/** Of a job `j`. Nothing is opened anew for a cancelled one, or for one whose budget is spent. */
export const mayReopen = sql`j.state <> 'cancelled' and coalesce(j.spent < j.budget, true)`

/**
 * Charges jobs that have a budget what an explanation cost that has ended.
 * @param firstItem only if it is the first of its job to share the explanation
 */
export async function charge(
  tx: Tx,
  { project, jobs }: LockedJobs,
  explanation: string,
  firstItem?: string,
): Promise<void> {
  if (jobs.length === 0) return
  const isFirst = sql`not exists (
    select from item_explanations l
    where l.project = j.project and l.job = j.id and l.explanation = e.id and l.item <> ${firstItem ?? ''})`
  await sql`
    update jobs j set spent = spent + e.forwards from explanations e
    where j.project = ${project} and j.id = any(${jobs}) and j.budget is not null
      and e.project = ${project} and e.id = ${explanation} and ${firstItem === undefined ? sql`true` : isFirst}`.execute(
    tx,
  )
}

/** Nothing waits in a job whose budget is spent. @returns the jobs of which an item was cancelled */
export async function cancelSpent(tx: Tx, { project, jobs }: LockedJobs): Promise<string[]> {
  if (jobs.length === 0) return []
  const spent = await sql<{ id: string }>`
    select id from jobs where project = ${project} and id = any(${jobs}) and spent >= budget`.execute(tx)
  if (spent.rows.length === 0) return []
  const { rows } = await sql<{ job: string }>`
    update items set state = 'cancelled', owner = null
    where project = ${project} and job = any(${spent.rows.map(({ id }) => id)}) and state = 'waiting'
    returning job`.execute(tx)
  return [...new Set(rows.map(({ job }) => job))]
}
