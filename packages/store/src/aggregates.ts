import { type CountedTarget, InputError, type Store, storable } from '@fanlight/ports'
import { sql } from 'kysely'
import type { Records, Tx } from './database.ts'
import { Sums } from './sums.ts'

type AggregateMethods = Pick<Store, 'countTargets' | 'uncounted' | 'listAggregates' | 'countedTargets'>

export const aggregateMethods = ({ db, clock }: Records): AggregateMethods => ({
  countTargets: (project, job, item, explanation, targets) =>
    db.transaction().execute(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable('item_explanations')
        .set({ uncounted: false })
        .where('project', '=', project)
        .where('job', '=', job)
        .where('item', '=', item)
        .where('explanation', '=', explanation)
        .executeTakeFirst()
      // A late message does not bring a forgotten item back.
      if (numUpdatedRows === 0n || targets.length === 0) return
      const sums = new Sums()
      for (const counted of await insertTargets(tx, { project, job, item }, targets)) sums.add(counted)
      await moveAggregates(tx, { project, job }, sums, 1n)
    }),

  async uncounted(olderThanMs, limit) {
    const { rows } = await sql<{ project: string; job: string; item: string; explanation: string; ended_at: number }>`
      with due as (
        select l.project, l.job, l.item, l.explanation, e.ended_at
        from item_explanations l
        join explanations e on e.project = l.project and e.id = l.explanation
        join items i on i.project = l.project and i.job = l.job and i.id = l.item
        where l.uncounted and e.ended_at <= ${clock.now() - olderThanMs} and i.state <> 'cancelled'
        order by l.offers limit ${limit} for update of l skip locked
      )
      update item_explanations l set offers = offers + 1 from due
      where (l.project, l.job, l.item, l.explanation) = (due.project, due.job, due.item, due.explanation)
      returning l.project, l.job, l.item, l.explanation, due.ended_at`.execute(db)
    return rows.sort((a, b) => a.ended_at - b.ended_at).map(({ ended_at, ...link }) => link)
  },

  async listAggregates(project, job) {
    const rows = await db
      .selectFrom('aggregates')
      .select(['method', 'key', 'targets'])
      // As text: some clients make inexact numbers of numeric.
      .select(sql<string[]>`sums::text[]`.as('sums'))
      .where('project', '=', project)
      .where('job', '=', job)
      .orderBy('method')
      .orderBy('key')
      .execute()
    return rows.map(({ sums, ...row }) => ({ ...row, sums: sums.map(BigInt) }))
  },

  async countedTargets(project, job) {
    const { targets } = await db
      .selectFrom('counted_targets')
      .select(sql<number>`count(*)::integer`.as('targets'))
      .where('project', '=', project)
      .where('job', '=', job)
      .executeTakeFirstOrThrow()
    return targets
  },
})

/** @returns those that were not there, once each */
async function insertTargets(
  tx: Tx,
  { project, job, item }: { project: string; job: string; item: string },
  targets: readonly CountedTarget[],
): Promise<CountedTarget[]> {
  const keyed = new Map<string, CountedTarget>()
  for (const { target, method, aggregates } of targets) {
    const counted = { target: storable(target), method: storable(method), aggregates }
    const key = keyOf(counted)
    if (!keyed.has(key)) keyed.set(key, counted)
  }
  const rows = [...keyed.values()].map(({ target, method, aggregates }) => ({
    target,
    method,
    aggregates: encodeDeltas(aggregates),
  }))
  const inserted = await sql<{ target: string; method: string }>`
    insert into counted_targets (project, job, item, target, method, aggregates)
    select ${project}, ${job}, ${item}, target, method, aggregates
    from json_to_recordset(${JSON.stringify(rows)}::json) as given (target text, method text, aggregates text)
    on conflict do nothing
    returning target, method`.execute(tx)
  return inserted.rows.map((row) => keyed.get(keyOf(row))!)
}

const keyOf = ({ target, method }: { target: string; method: string }): string => JSON.stringify([method, target])

const encodeDeltas = (aggregates: CountedTarget['aggregates']): string =>
  JSON.stringify(aggregates.map(({ key, sums }) => ({ key, sums: sums.map(String) })))

export function decodeDeltas(text: string): CountedTarget['aggregates'] {
  const deltas = JSON.parse(text) as { key: string; sums: string[] }[]
  return deltas.map(({ key, sums }) => ({ key, sums: sums.map(BigInt) }))
}

/**
 * Adds to the aggregates of a job, or takes away from them; one that has no targets left is gone.
 * @throws InputError `MESSAGE_INVALID` for sums of another length than the aggregate's
 */
export async function moveAggregates(
  tx: Tx,
  { project, job }: { project: string; job: string },
  sums: Sums,
  sign: 1n | -1n,
): Promise<void> {
  const rows = sums.rows(sign)
  if (rows.length === 0) return
  const moved = await sql`
    insert into aggregates (project, job, method, key, targets, sums)
    select ${project}, ${job}, method, key, targets, sums::numeric[]
    from json_to_recordset(${JSON.stringify(rows)}::json) as given (method text, key text, targets bigint, sums text)
    order by method, key
    on conflict (project, job, method, key) do update set
      targets = aggregates.targets + excluded.targets,
      sums = array(select a + b from unnest(aggregates.sums, excluded.sums) with ordinality as pair (a, b, place) order by place)
    where cardinality(aggregates.sums) = cardinality(excluded.sums)`.execute(tx)
  if (Number(moved.numAffectedRows) < rows.length) {
    throw new InputError(
      'MESSAGE_INVALID',
      `an aggregate of job ${job} has another number of sums: raise the method's version`,
    )
  }
  if (sign < 0n)
    await tx
      .deleteFrom('aggregates')
      .where('project', '=', project)
      .where('job', '=', job)
      .where('targets', '=', 0)
      .execute()
}
