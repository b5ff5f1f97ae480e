import { sql } from 'kysely'
import type { Records } from './database.ts'

/** Rows that a job's counts may have; reading them costs less than folding them. */
const FEW_ROWS = 64

/**
 * Makes one row of the many that a job's counts are the sum of. Jobs are held meanwhile: one that is removed takes all
 * its counts with it.
 */
export async function foldCounts(db: Records['db']): Promise<void> {
  await db.transaction().execute(async (tx) => {
    // Two that fold the same rows would wait for each other.
    const { rows } = await sql<{ alone: boolean }>`
      select pg_try_advisory_xact_lock(hashtext('fanlight job_counts')) as alone`.execute(tx)
    if (!rows[0]?.alone) return
    await sql`
      with many as (
        select project, job from job_counts group by project, job having count(*) > ${FEW_ROWS}
      ), held as materialized (
        select project, id as job from jobs where (project, id) in (select project, job from many)
        order by project, id for key share
      ), folded as (
        delete from job_counts c using held where c.project = held.project and c.job = held.job returning c.*
      )
      insert into job_counts
      select project, job, sum(waiting), sum(open), sum(done), sum(failed), sum(cancelled), sum(targets),
        sum(without_targets), sum(ended_forwards)
      from folded group by project, job`.execute(tx)
  })
}
