import type { JobSource } from '@fanlight/contracts'
import type { JobKey, Store } from '@fanlight/ports'
import { sql } from 'kysely'
import type { Records } from './database.ts'
import { fromJson } from './json.ts'

export const sourceMethods = ({ db, clock }: Records): Pick<Store, 'readSource' | 'unfinishedSources'> => ({
  async readSource(project, job) {
    const row = await db
      .selectFrom('jobs')
      .select(['source', 'source_cursor', 'sealed', 'state'])
      .where('project', '=', project)
      .where('id', '=', job)
      .executeTakeFirst()
    const source = row && fromJson<JobSource>(row.source)
    return source && { source, cursor: fromJson<string>(row.source_cursor), sealed: row.sealed, state: row.state }
  },

  async unfinishedSources(idleMs, limit) {
    const now = clock.now()
    const { rows } = await sql<JobKey & { since: number; serial: number }>`
      with idle as (
        select project, id, source_touched_at as since, serial from jobs
        where source is not null and not sealed and state = 'running' and source_touched_at <= ${now - idleMs}
        order by since, serial limit ${limit} for update skip locked
      )
      update jobs j set source_touched_at = ${now} from idle
      where j.project = idle.project and j.id = idle.id
      returning j.project, j.id as job, idle.since, idle.serial`.execute(db)
    return rows.sort((a, b) => a.since - b.since || a.serial - b.serial).map(({ project, job }) => ({ project, job }))
  },
})
