import type { JobSpec, JobState, JobSummary } from '@fanlight/contracts'
import { decodeCursor, encodeCursor, type Page, type Paging } from '@fanlight/ports'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Tables } from './tables.ts'

interface SummaryRow {
  readonly id: string
  readonly name: string
  readonly spec: string
  readonly state: JobState
  readonly created_at: number
  readonly deadline_at: number | null
  readonly sealed: boolean
  readonly serial: number
  readonly waiting: number
  readonly open: number
  readonly done: number
  readonly failed: number
  readonly cancelled: number
  readonly targets: number
  readonly without: number
  readonly asked: number
  readonly answered: number
  readonly ended: number
}

export async function oneSummary(db: Kysely<Tables>, project: string, job: string): Promise<JobSummary | undefined> {
  const { rows } = await summaries(project, sql`j.id = ${job}`, 1).execute(db)
  return rows[0] && summaryOf(project, rows[0])
}

export async function listSummaries(
  db: Kysely<Tables>,
  project: string,
  { after, limit }: Paging,
): Promise<Page<JobSummary>> {
  const before = after === undefined ? sql`true` : sql`j.serial < ${decodeCursor(after, ['number'])[0]}`
  const { rows } = await summaries(project, before, limit + 1).execute(db)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  const next = last && rows.length > limit ? encodeCursor([last.serial]) : undefined
  return { rows: page.map((row) => summaryOf(project, row)), next }
}

// Few explanations are open at a time, so that their forwards are counted over few rows. All else is counted as it
// changes (migration 0003).
const summaries = (
  project: string,
  condition: RawBuilder<unknown>,
  limit: number,
): RawBuilder<SummaryRow> => sql<SummaryRow>`
  with asked as materialized (
    select wanted.job, sum(s.forwards) as asked, sum(s.forwards) filter (where s.ok) as answered
    from (
      select distinct l.job, e.project, e.id, e.slot from explanations e
      join item_explanations l on l.project = e.project and l.explanation = e.id
      where e.project = ${project} and e.state = 'open'
    ) wanted
    join shards s on (s.slot, s.project, s.explanation) = (wanted.slot, wanted.project, wanted.id)
    group by wanted.job
  )
  select j.id, j.name, j.spec, j.state, j.created_at, j.deadline_at, j.sealed, j.serial, counts.*,
    coalesce(asked.asked, 0)::bigint as asked, coalesce(asked.answered, 0)::bigint as answered
  from jobs j
  cross join lateral (
    select coalesce(sum(waiting), 0)::integer as waiting, coalesce(sum(open), 0)::integer as open,
      coalesce(sum(done), 0)::integer as done, coalesce(sum(failed), 0)::integer as failed,
      coalesce(sum(cancelled), 0)::integer as cancelled, coalesce(sum(targets), 0)::integer as targets,
      coalesce(sum(without_targets), 0)::integer as without, coalesce(sum(ended_forwards), 0)::bigint as ended
    from job_counts c where c.project = j.project and c.job = j.id
  ) counts
  left join asked on asked.job = j.id
  where j.project = ${project} and ${condition}
  order by j.serial desc
  limit ${limit}`

function summaryOf(project: string, row: SummaryRow): JobSummary {
  const { id, name, state, sealed, waiting, open, done, failed, cancelled } = row
  return {
    project,
    id,
    name,
    spec: JSON.parse(row.spec) as JobSpec,
    state,
    createdAt: row.created_at,
    ...(row.deadline_at !== null && { deadlineAt: row.deadline_at }),
    items: { waiting, open, done, failed, cancelled },
    itemsWithoutTargets: row.without,
    targets: row.targets,
    openForwards: { answered: row.answered, asked: row.asked },
    endedForwards: row.ended,
    sealed,
  }
}
