import { jobChanged, type Store } from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import { decodeDeltas, moveAggregates } from './aggregates.ts'
import type { Records, Tx } from './database.ts'
import { settleJobs } from './endings.ts'
import { send } from './outbox.ts'
import { dropQuestions } from './questions.ts'
import { Sums } from './sums.ts'

type RetentionMethods = Pick<Store, 'referencedArtifacts' | 'collectGarbage' | 'forgetJob' | 'forgetImage'>

export const retentionMethods = ({ db, clock }: Records): RetentionMethods => ({
  async referencedArtifacts() {
    const { rows } = await sql<{ sha256: string }>`
      select unnest(artifacts) as sha256 from explanations union select image_sha256 from explanations
      union select image_sha256 from items where image_sha256 is not null union select detector_sha256 from jobs
      union select sha256 from detectors union select artifact from derived_models`.execute(db)
    return new Set(rows.map(({ sha256 }) => sha256))
  },

  collectGarbage: (olderThanMs) =>
    db.transaction().execute(async (tx) => {
      const before = clock.now() - olderThanMs
      const old = await tx
        .selectFrom('jobs')
        .select(['project', 'id'])
        .where('ended_at', '<=', before)
        .orderBy('serial')
        .execute()
      let explanations = 0
      for (const { project, id } of old) explanations += (await removeJob(tx, project, id)).explanations
      const letters = await tx.deleteFrom('dead_letters').where('at', '<=', before).executeTakeFirst()
      await tx.deleteFrom('derived_models').where('put_at', '<=', before).execute()
      return { jobs: old.length, explanations, deadLetters: Number(letters.numDeletedRows) }
    }),

  forgetJob: (project, job) => db.transaction().execute((tx) => removeJob(tx, project, job)),

  forgetImage: (project, image) =>
    db.transaction().execute(async (tx) => {
      const removal: Removal = { project, items: sql`i.image_sha256 = ${image}` }
      const affected = await lockForRemoval(tx, removal)
      await uncount(tx, removal)
      const removed = await removeItems(tx, removal, affected.explanations)
      const done = await settleJobs(tx, { project, jobs: affected.jobs }, clock.now())
      await send(
        tx,
        done.map((job) => jobChanged(project, job)),
        clock.now(),
      )
      return removed
    }),
})

interface Removal {
  readonly project: string
  /** A condition over the items `i` of the project. */
  readonly items: RawBuilder<unknown>
}

async function removeJob(tx: Tx, project: string, job: string): Promise<{ items: number; explanations: number }> {
  const removal: Removal = { project, items: sql`i.job = ${job}` }
  const { explanations } = await lockForRemoval(tx, removal)
  const removed = await removeItems(tx, removal, explanations)
  await tx.deleteFrom('aggregates').where('project', '=', project).where('job', '=', job).execute()
  await tx.deleteFrom('jobs').where('project', '=', project).where('id', '=', job).execute()
  return removed
}

/** Explanations, then jobs: nothing is linked or ended meanwhile. */
async function lockForRemoval(
  tx: Tx,
  { project, items }: Removal,
): Promise<{ explanations: string[]; jobs: string[] }> {
  const explanations = await sql<{ id: string }>`
    select id from explanations e where project = ${project} and id in (
      select l.explanation from item_explanations l
      join items i on i.project = l.project and i.job = l.job and i.id = l.item
      where l.project = ${project} and ${items})
    order by id for update`.execute(tx)
  const jobs = await sql<{ id: string }>`
    select id from jobs where project = ${project} and id in (select i.job from items i where i.project = ${project} and ${items})
    order by id for update`.execute(tx)
  return { explanations: explanations.rows.map(({ id }) => id), jobs: jobs.rows.map(({ id }) => id) }
}

/** Takes the items' targets out of their jobs' aggregates. */
async function uncount(tx: Tx, { project, items }: Removal): Promise<void> {
  const { rows } = await sql<{ job: string; method: string; aggregates: string }>`
    select c.job, c.method, c.aggregates from counted_targets c
    join items i on i.project = c.project and i.job = c.job and i.id = c.item
    where c.project = ${project} and ${items}`.execute(tx)
  for (const [job, targets] of Map.groupBy(rows, (row) => row.job)) {
    const sums = new Sums()
    for (const { method, aggregates } of targets) sums.add({ method, aggregates: decodeDeltas(aggregates) })
    await moveAggregates(tx, { project, job }, sums, -1n)
  }
}

async function removeItems(
  tx: Tx,
  { project, items }: Removal,
  explanations: string[],
): Promise<{ items: number; explanations: number }> {
  for (const table of ['item_explanations', 'counted_targets'] as const) {
    await sql`
      delete from ${sql.table(table)} t using items i
      where t.project = ${project} and i.project = t.project and i.job = t.job and i.id = t.item and ${items}`.execute(
      tx,
    )
  }
  const removed = await sql`delete from items i where i.project = ${project} and ${items}`.execute(tx)
  const orphans = await sql<{ id: string }>`
    delete from explanations e where project = ${project} and id = any(${explanations}) and not exists (
      select from item_explanations l where l.project = e.project and l.explanation = e.id)
    returning id`.execute(tx)
  const gone = orphans.rows.map(({ id }) => id)
  await dropQuestions(tx, project, gone)
  await sql`delete from dead_letters where shard_project = ${project} and explanation = any(${gone})`.execute(tx)
  return { items: Number(removed.numAffectedRows ?? 0), explanations: orphans.rows.length }
}
