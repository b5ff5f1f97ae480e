import type { ImageRef, JobSpec, Lane } from '@fanlight/contracts'
import { type ClaimedItem, itemsReady, jobChanged, type Store } from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import { cancelSpent } from './budgets.ts'
import type { Records, Tx } from './database.ts'
import { type LockedJobs, settleJobs } from './endings.ts'
import { send } from './outbox.ts'

type ClaimMethods = Pick<Store, 'renewLease' | 'claimItems' | 'waitingItems' | 'heldItems' | 'releaseExpired'>

export const claimMethods = ({ db, clock }: Records): ClaimMethods => ({
  async renewLease(owner, ttlMs) {
    const until = clock.now() + ttlMs
    const lease = db.insertInto('leases').values({ owner, until })
    await lease.onConflict((conflict) => conflict.column('owner').doUpdateSet({ until })).execute()
  },

  async claimItems(owner, limit, { lane } = {}) {
    if (limit < 1) return []
    return db.transaction().execute(async (tx) => {
      const candidates = await nextInTurn(tx, { owner, limit, lane, now: clock.now() })
      if (candidates.length === 0) return []
      const specs = await lockRunningJobs(tx, candidates)
      const images = await takeItems(
        tx,
        owner,
        candidates.filter((candidate) => specs.has(jobKey(candidate))),
      )
      return candidates.flatMap((candidate): ClaimedItem[] => {
        const [image, spec] = [images.get(itemKey(candidate)), specs.get(jobKey(candidate))]
        return image && spec ? [{ ...candidate, image, spec }] : []
      })
    })
  },

  async waitingItems(project, lane, atMost) {
    const some = (condition: RawBuilder<unknown>) => sql`(
      select 1 from items i where i.project = j.project and i.job = j.id and ${condition} limit ${atMost})`
    // In order, or a planner that sees many waiting would look for them in all items of all jobs.
    const waiting = some(sql`i.state = 'waiting' order by i.arrival`)
    const { rows } = await sql<{ items: number }>`
      select count(*)::integer as items from (
        select 1 from jobs j cross join lateral (${waiting} union all ${some(sql`i.state = 'open'`)}) item
        where j.project = ${project} and j.lane = ${lane} and j.state = 'running'
        limit ${atMost}
      ) counted`.execute(db)
    return rows[0]!.items
  },

  async heldItems(owner) {
    const { rows } = await sql<Candidate & { image: string; spec: string }>`
      select items.project, items.job, items.id as item, items.image, jobs.spec
      from items join jobs on jobs.project = items.project and jobs.id = items.job
      where items.state = 'open' and items.owner = ${owner}
      order by items.arrival`.execute(db)
    return rows.map(({ image, spec, ...key }) => ({
      ...key,
      image: JSON.parse(image) as ImageRef,
      spec: JSON.parse(spec) as JobSpec,
    }))
  },

  releaseExpired: ({ everyone = false } = {}) =>
    db.transaction().execute(async (tx) => {
      const now = clock.now()
      const spent = await lockSpentJobs(tx)
      const released = await sql<{ project: string; job: string }>`
        update items set state = 'waiting', owner = null
        where state = 'open' and (${everyone}::boolean or not exists (
          select from leases where leases.owner = items.owner and until > ${now}
        ))
        returning project, job`.execute(tx)
      await tx.deleteFrom('leases').where('until', '<=', now).execute()
      const jobs = new Map(
        released.rows.map(({ project, job }) => [jobKey({ project, job }), itemsReady(project, job)]),
      )
      for (const locked of spent) {
        for (const job of await cancelSpent(tx, locked))
          jobs.set(jobKey({ ...locked, job }), jobChanged(locked.project, job))
        await settleJobs(tx, locked, now)
      }
      return { items: released.rows.length, ...(await send(tx, [...jobs.values()], now)) }
    }),
})

/** Before any item is touched. One whose budget is spent a moment later hands its item out once more, and ends with it. */
async function lockSpentJobs(tx: Tx): Promise<LockedJobs[]> {
  const { rows } = await sql<{ project: string; id: string }>`
    select project, id from jobs j where spent >= budget and state = 'running' and exists (
      select from items i where i.project = j.project and i.job = j.id and i.state = 'open')
    order by project, id for update`.execute(tx)
  return [...Map.groupBy(rows, ({ project }) => project)].map(([project, jobs]) => ({
    project,
    jobs: jobs.map(({ id }) => id),
  }))
}

interface Candidate {
  readonly project: string
  readonly job: string
  readonly item: string
}

interface Turn {
  readonly owner: string
  readonly limit: number
  readonly lane: Lane | undefined
  readonly now: number
}

/** `live` first; then as if items were taken one by one from the job with the fewest open ones. Nothing without a lease. */
async function nextInTurn(tx: Tx, { owner, limit, lane, now }: Turn): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select j.project, j.id as job, next.id as item
    from jobs j
    cross join lateral (
      select id, row_number() over (order by arrival) as place from (
        select id, arrival from items
        where items.project = j.project and items.job = j.id and items.state = 'waiting'
        order by arrival limit ${limit}
      ) waiting
    ) next
    cross join lateral (
      select count(*) as items from items where items.project = j.project and items.job = j.id and items.state = 'open'
    ) open
    where j.state = 'running' and j.lane = coalesce(${lane ?? null}::text, j.lane) and exists (select from leases where leases.owner = ${owner} and until > ${now})
    order by j.lane = 'live' desc, open.items + next.place, j.serial
    limit ${limit}`.execute(tx)
  return rows
}

/** Shares the jobs' rows, so that none is paused before its items are taken. @returns the specs of those that run */
async function lockRunningJobs(tx: Tx, candidates: readonly Candidate[]): Promise<Map<string, JobSpec>> {
  const [projects, jobs] = [candidates.map(({ project }) => project), candidates.map(({ job }) => job)]
  const { rows } = await sql<{ project: string; id: string; spec: string }>`
    select project, id, spec from jobs
    where (project, id) in (select * from unnest(${projects}::text[], ${jobs}::text[])) and state = 'running'
    order by project, id
    for share`.execute(tx)
  return new Map(rows.map(({ project, id, spec }) => [jobKey({ project, job: id }), JSON.parse(spec) as JobSpec]))
}

async function takeItems(tx: Tx, owner: string, candidates: readonly Candidate[]): Promise<Map<string, ImageRef>> {
  const column = (name: keyof Candidate) => candidates.map((candidate) => candidate[name])
  const { rows } = await sql<Candidate & { image: string }>`
    update items set state = 'open', owner = ${owner}
    from (
      select project, job, id from items
      where (project, job, id) in (select * from unnest(${column('project')}::text[], ${column('job')}::text[], ${column('item')}::text[]))
        and state = 'waiting'
      for update skip locked
    ) free
    where items.project = free.project and items.job = free.job and items.id = free.id
    returning items.project, items.job, items.id as item, items.image`.execute(tx)
  return new Map(rows.map((row) => [itemKey(row), JSON.parse(row.image) as ImageRef]))
}

const jobKey = ({ project, job }: Pick<Candidate, 'project' | 'job'>): string => JSON.stringify([project, job])
const itemKey = ({ project, job, item }: Candidate): string => JSON.stringify([project, job, item])
