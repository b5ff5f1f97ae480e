import { type JobKey, jobChanged, type Store } from '@fanlight/ports'
import { sql } from 'kysely'
import type { Records } from './database.ts'
import { send } from './outbox.ts'

export const deadlineMethods = ({ db, clock }: Records): Pick<Store, 'cancelOverdue'> => ({
  cancelOverdue: (limit) =>
    db.transaction().execute(async (tx) => {
      const now = clock.now()
      // Locked in the order in which everybody locks jobs.
      const { rows } = await sql<JobKey & { deadline_at: number; serial: number }>`
        select project, id as job, deadline_at, serial from jobs
        where (project, id) in (
          select project, id from jobs where deadline_at <= ${now} and state in ('running', 'paused')
          order by deadline_at, serial limit ${limit}
        ) and state in ('running', 'paused')
        order by project, id for update`.execute(tx)
      if (rows.length === 0) return { jobs: [], outbox: [] }
      const overdue = rows.sort((a, b) => a.deadline_at - b.deadline_at || a.serial - b.serial)
      const [projects, jobs] = [overdue.map(({ project }) => project), overdue.map(({ job }) => job)]
      const keys = sql`select * from unnest(${projects}::text[], ${jobs}::text[])`
      await sql`update jobs set state = 'cancelled', ended_at = ${now} where (project, id) in (${keys})`.execute(tx)
      await sql`
        update items set state = 'cancelled', owner = null
        where (project, job) in (${keys}) and state in ('waiting', 'open')`.execute(tx)
      const messages = overdue.map(({ project, job }) => jobChanged(project, job))
      return { jobs: overdue.map(({ project, job }) => ({ project, job })), ...(await send(tx, messages, now)) }
    }),
})
