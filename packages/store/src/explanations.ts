import { artifactsOf, type ExplanationResult, type Failure, hashOf, type Lane } from '@fanlight/contracts'
import {
  attributionsMade,
  type ClaimedItem,
  checkId,
  type ExplanationState,
  isLasting,
  type NewExplanation,
  type Store,
} from '@fanlight/ports'
import { type RawBuilder, sql } from 'kysely'
import { charge, mayReopen } from './budgets.ts'
import type { Records, Tx } from './database.ts'
import { lockJobsOf, settle } from './endings.ts'
import { fromJson } from './json.ts'
import { send } from './outbox.ts'
import { readQuestions } from './questions.ts'
import { reopenExplanations, reopenItems, rerunJobs } from './reopening.ts'
import { wanting } from './wanting.ts'

type ExplanationMethods = Pick<
  Store,
  'openExplanation' | 'readExplanation' | 'endExplanation' | 'getResult' | 'reopenFailed' | 'stalled'
>

export const explanationMethods = ({ db, clock }: Records): ExplanationMethods => ({
  openExplanation: (claim, explanation) =>
    db.transaction().execute(async (tx) => {
      const { project, job, item } = claim
      const now = clock.now()
      const stored = await insertOrTouch(tx, claim, explanation, now)
      if (!stored) return { state: (await stateOf(tx, project, explanation.id)) ?? 'failed', outbox: [] }
      const { state, failure } = stored
      if (state === 'open') {
        await link(tx, claim, explanation, state)
        return { state, outbox: [] }
      }
      const { budgeted } = await lockJobsOf(tx, project, explanation.id, job)
      const isNew = await link(tx, claim, explanation, state)
      if (isNew && state === 'failed' && !isLasting(fromJson<Failure>(failure)!.code)) {
        await reopenExplanations(tx, project, sql`e.id = ${explanation.id}`, now)
        await insertOrTouch(tx, claim, explanation, now)
        return { state: 'open', outbox: [] }
      }
      const made = state === 'done' ? [attributionsMade(project, job, item, explanation.id)] : []
      const own = { project, jobs: [job], budgeted: budgeted.filter((id) => id === job) }
      if (isNew) await charge(tx, { project, jobs: own.budgeted }, explanation.id, item)
      const ended = await settle(tx, own, explanation.id, now)
      return { state, ...(await send(tx, [...made, ...ended], now)) }
    }),

  async readExplanation(project, id) {
    const { rows } = await sql<ExplanationRow>`
      select e.image, e.method, e.spec, e.lane, e.state, e.failure, want.lanes
      from explanations e
      cross join lateral (select array_agg(distinct j.lane) as lanes ${wanting} where l.project = e.project and l.explanation = e.id) want
      where e.project = ${project} and e.id = ${id}`.execute(db)
    const row = rows[0]
    if (!row) return undefined
    const open = row.state === 'open'
    const lanes = open ? row.lanes : null
    return {
      ...identityOf(id, row),
      project,
      state: row.state,
      lane: lanes === null ? row.lane : lanes.includes('live') ? 'live' : 'bulk',
      wanted: lanes !== null,
      questions: open ? await readQuestions(db, project, id) : [],
      failure: fromJson(row.failure),
    }
  },

  endExplanation: (project, id, end) =>
    db.transaction().execute(async (tx) => {
      const now = clock.now()
      if (!(await markEnded(tx, project, id, end, now))) return { outbox: [] }
      const locked = await lockJobsOf(tx, project, id)
      await charge(tx, { project, jobs: locked.budgeted }, id)
      const made = end.ok ? await leaveToCount(tx, project, id) : []
      const ended = await settle(tx, locked, id, now)
      return send(tx, [...made.map(({ job, item }) => attributionsMade(project, job, item, id)), ...ended], now)
    }),

  async getResult(project, id) {
    const row = await db
      .selectFrom('explanations')
      .select(['image', 'method', 'spec', 'result'])
      .where('project', '=', project)
      .where('id', '=', id)
      .executeTakeFirst()
    const result = row && fromJson<ExplanationResult>(row.result)
    return result && { ...identityOf(id, row), result }
  },

  reopenFailed: (project, job) =>
    db.transaction().execute(async (tx) => {
      const now = clock.now()
      await reopenExplanations(tx, project, failedOf(project, job), now)
      const items = (await reopenItems(tx, { project, jobs: [job] })).length
      if (items === 0) return { items, outbox: [] }
      return { items, ...(await send(tx, await rerunJobs(tx, { project, jobs: [job] }), now)) }
    }),

  async stalled(idleMs, limit) {
    const now = clock.now()
    const { rows } = await sql<{ project: string; explanation: string; idle_since: number }>`
      with idle as (
        select e.project, e.id, greatest(e.touched_at, shard.touched_at) as since
        from explanations e
        cross join lateral (select max(touched_at) as touched_at from shards s where (s.slot, s.project, s.explanation) = (e.slot, e.project, e.id)) shard
        where e.state = 'open' and e.touched_at <= ${now - idleMs} and coalesce(shard.touched_at, 0) <= ${now - idleMs}
          and exists (select ${wanting} where l.project = e.project and l.explanation = e.id)
        order by since limit ${limit}
      )
      update explanations e set touched_at = ${now} from idle
      where e.project = idle.project and e.id = idle.id
      returning e.project, e.id as explanation, idle.since as idle_since`.execute(db)
    return rows
      .sort((a, b) => a.idle_since - b.idle_since)
      .map(({ project, explanation }) => ({ project, explanation }))
  },
})

interface ExplanationRow {
  readonly image: string
  readonly method: string
  readonly spec: string
  readonly lane: Lane
  readonly state: ExplanationState
  readonly failure: string | null
  readonly lanes: Lane[] | null
}

const identityOf = (id: string, row: Pick<ExplanationRow, 'image' | 'method' | 'spec'>): NewExplanation => ({
  id,
  image: JSON.parse(row.image),
  method: JSON.parse(row.method),
  spec: JSON.parse(row.spec),
})

/** Locks the row, new or not. @returns what holds now; undefined when the item is gone or cancelled, and nothing was stored */
async function insertOrTouch(
  tx: Tx,
  { project, job, item }: ClaimedItem,
  { id, image, method, spec }: NewExplanation,
  now: number,
): Promise<{ state: ExplanationState; failure: string | null } | undefined> {
  const { rows } = await sql<{ state: ExplanationState; failure: string | null }>`
    insert into explanations (project, id, image_sha256, image, method, spec, lane, state, touched_at, slot)
    select ${project}, ${checkId(id)}, ${image.sha256}, ${JSON.stringify(image)}, ${JSON.stringify(method)}, ${JSON.stringify(spec)},
      ${spec.lane}, 'open', ${now}::bigint, (select current from answer_slots)
    from items where project = ${project} and job = ${job} and id = ${item} and image_sha256 = ${image.sha256} and state <> 'cancelled'
    on conflict (project, id) do update set (image, spec, lane, touched_at) = (
      select kept.image, kept.spec, kept.lane, kept.touched_at from (values
        (true, excluded.image, excluded.spec, excluded.lane, excluded.touched_at),
        (false, explanations.image, explanations.spec, explanations.lane, explanations.touched_at)
      ) kept (open, image, spec, lane, touched_at) where kept.open = (explanations.state = 'open'))
    returning state, failure`.execute(tx)
  return rows[0]
}

async function stateOf(tx: Tx, project: string, id: string): Promise<ExplanationState | undefined> {
  const query = tx.selectFrom('explanations').select('state').where('project', '=', project).where('id', '=', id)
  return (await query.executeTakeFirst())?.state
}

/** @returns whether they were not linked before */
async function link(
  tx: Tx,
  { project, job, item }: ClaimedItem,
  { id, image, method }: NewExplanation,
  state: ExplanationState,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into item_explanations (project, job, item, explanation, position, uncounted)
    select i.project, i.job, i.id, ${id}, coalesce(array_position(j.method_hashes, ${hashOf(method)}), cardinality(j.method_hashes) + 1),
      ${state === 'done'}
    from items i join jobs j on j.project = i.project and j.id = i.job
    where i.project = ${project} and i.job = ${job} and i.id = ${item} and i.image_sha256 = ${image.sha256}
      and i.state <> 'cancelled'
    for key share of i
    on conflict do nothing`.execute(tx)
  return numAffectedRows === 1n
}

type End = Parameters<Store['endExplanation']>[2]

async function markEnded(tx: Tx, project: string, id: string, end: End, now: number): Promise<boolean> {
  const artifacts = end.ok ? [...artifactsOf(end.result)] : [end.transcript].filter((key) => key !== undefined)
  const targets = end.ok ? new Set(end.result.attributions.map(({ target }) => target.id)).size : 0
  const answered = sql<number>`(select coalesce(sum(forwards), 0) from shards s
    where (s.slot, s.project, s.explanation) = (explanations.slot, explanations.project, explanations.id) and ok)`
  const failures = sql<string | null>`(
    select json_agg(json_build_object('ordinal', ordinal, 'shard', shard, 'failures', failures))::text
    from shards s
    where (s.slot, s.project, s.explanation) = (explanations.slot, explanations.project, explanations.id) and not ok)`
  const { numUpdatedRows } = await tx
    .updateTable('explanations')
    .set({
      state: end.ok ? 'done' : 'failed',
      result: end.ok ? JSON.stringify(end.result) : null,
      failure: end.ok ? null : JSON.stringify(end.failure),
      attempt_failures: end.ok ? null : failures,
      artifacts,
      targets,
      forwards: end.ok ? end.result.forwards : answered,
      ended_at: now,
    })
    .where('project', '=', project)
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Marks what the aggregator has to count. */
async function leaveToCount(tx: Tx, project: string, explanation: string): Promise<{ job: string; item: string }[]> {
  const { rows } = await sql<{ job: string; item: string }>`
    update item_explanations l set uncounted = true
    from items i
    where l.project = ${project} and l.explanation = ${explanation}
      and i.project = l.project and i.job = l.job and i.id = l.item and i.state <> 'cancelled'
    returning l.job, l.item`.execute(tx)
  return rows
}

/** The explanations `e` that the failed items of a job want. */
const failedOf = (project: string, job: string): RawBuilder<unknown> => sql`e.id in (
  select l.explanation from item_explanations l
  join items i on i.project = l.project and i.job = l.job and i.id = l.item and i.state = 'failed'
  join jobs j on j.project = l.project and j.id = l.job and ${mayReopen}
  where l.project = ${project} and l.job = ${job})`
