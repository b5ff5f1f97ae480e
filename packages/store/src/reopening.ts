import { itemsReady, jobChanged, type NewOutboxMessage } from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import { mayReopen } from './budgets.ts'
import type { Tx } from './database.ts'
import type { LockedJobs } from './endings.ts'
import { dropQuestions } from './questions.ts'

/** Opens failed explanations `e` anew, without what they were asked. */
export async function reopenExplanations(
  tx: Tx,
  project: string,
  which: RawBuilder<unknown>,
  now: number,
): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    update explanations e
    set state = 'open', slot = (select current from answer_slots), failure = null, attempt_failures = null, artifacts = '{}', forwards = 0, first_asked_at = null,
      ended_at = null, touched_at = ${now}
    where e.project = ${project} and e.state = 'failed' and ${which}
    returning id`.execute(tx)
  await dropQuestions(
    tx,
    project,
    rows.map(({ id }) => id),
  )
}

/**
 * Failed items wait again. One without explanations arrived failed: there is nothing to try again.
 * @param links which links `l` of the items have to be there
 * @returns the job of each of them
 */
export async function reopenItems(
  tx: Tx,
  { project, jobs }: LockedJobs,
  links: RawBuilder<unknown> = sql`true`,
): Promise<string[]> {
  const { rows } = await sql<{ job: string }>`
    update items i set state = 'waiting', failure = null, targets = 0
    from (select id from jobs j where j.project = ${project} and j.id = any(${jobs}) and ${mayReopen} order by id for update) j
    where i.project = ${project} and i.job = j.id and i.state = 'failed' and exists (
      select from item_explanations l where l.project = i.project and l.job = i.job and l.item = i.id and ${links})
    returning i.job`.execute(tx)
  return rows.map(({ job }) => job)
}

/** Jobs that were done run again. @returns what to say of them */
export async function rerunJobs(tx: Tx, { project, jobs }: LockedJobs): Promise<NewOutboxMessage[]> {
  const { rows } = await sql<{ id: string; state: string }>`
    update jobs set state = case state when 'done' then 'running' else state end, ended_at = null
    where project = ${project} and id = any(${jobs}) returning id, state`.execute(tx)
  return rows.flatMap(({ id, state }) => [
    jobChanged(project, id),
    ...(state === 'running' ? [itemsReady(project, id)] : []),
  ])
}
