import { sql } from 'kysely'
import type { Records, Tx } from './database.ts'

/** What a partition of answers has to hold before the next one is turned to. */
const ROTATE_BYTES = 16 * 2 ** 20

/** Less than PostgreSQL's deadlock_timeout: whoever empties a partition gives way, and tries again another time. */
const LOCK_TIMEOUT_MS = 200

interface Slot {
  readonly slot: number
  readonly bytes: number
  /** Explanations that are open and write here. */
  readonly open: number
  readonly current: boolean
}

/**
 * Empties the partitions of answers whose explanations have all ended, and turns to the next partition when the
 * current one has grown. What is still open in the next one is taken along first: so explanations of a paused job
 * keep no partition, and each row is moved at most once a round. Emptying gives the room back at once and leaves
 * nothing to the vacuum.
 * @param rotateBytes size of questions and shards with their indexes from which on the next partition is turned to
 */
export async function rotateAnswers(db: Records['db'], rotateBytes = ROTATE_BYTES): Promise<void> {
  const slots = await db.transaction().execute(readSlots)
  for (const { slot, bytes, open, current } of slots) {
    if (!current && bytes > 0 && open === 0) await inTurn(db, (tx) => empty(tx, slot))
  }
  const current = slots.find((slot) => slot.current)!
  const next = slots[(current.slot + 1) % slots.length]!
  // Half as much as may have to be moved: so moving costs no more than a fixed part of writing.
  if (current.bytes < Math.max(rotateBytes, next.open > 0 ? next.bytes / 2 : 0)) return
  await inTurn(db, async (tx) => {
    await takeAlong(tx, next.slot, current.slot)
    if (await empty(tx, next.slot)) await sql`update answer_slots set current = ${next.slot}`.execute(tx)
  })
}

async function readSlots(tx: Tx): Promise<Slot[]> {
  const { rows } = await sql<Slot>`
    select slot, (pg_total_relation_size(('questions_' || slot)::regclass)
        - pg_indexes_size(('questions_' || slot)::regclass)
        + pg_total_relation_size(('shards_' || slot)::regclass) - pg_indexes_size(('shards_' || slot)::regclass))::bigint as bytes,
      (select count(*) from explanations e where e.slot = slots.slot and e.state = 'open')::integer as open,
      slot = (select current from answer_slots) as current
    from generate_series(0, 3) as slots (slot) order by slot`.execute(tx)
  return rows
}

/** One process at a time, and without waiting long for anybody. */
async function inTurn(db: Records['db'], work: (tx: Tx) => Promise<unknown>): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ alone: boolean }>`
      select pg_try_advisory_xact_lock(hashtext('fanlight answers')) as alone, set_config('lock_timeout', ${`${LOCK_TIMEOUT_MS}ms`}, true)`.execute(
      tx,
    )
    if (rows[0]?.alone) await work(tx)
  })
}

/**
 * Whether an explanation is open in the slot is looked up after the partitions are locked: whoever has asked a
 * question there has committed by then, and nobody can ask another. @returns whether it is empty now
 */
async function empty(tx: Tx, slot: number): Promise<boolean> {
  const tables = sql.raw(`questions_${slot}, shards_${slot}`)
  await sql`lock table ${tables} in access exclusive mode`.execute(tx)
  const { rows } = await sql`select from explanations where slot = ${slot} and state = 'open' limit 1`.execute(tx)
  if (rows.length > 0) return false
  await sql`truncate ${tables}`.execute(tx)
  return true
}

/**
 * Moves what is open in one slot to another, in the order in which everybody locks. Who waits for a row that moves is
 * told so by PostgreSQL (40001), and its transaction is run again.
 */
async function takeAlong(tx: Tx, from: number, to: number): Promise<void> {
  const { rows } = await sql<{ project: string; id: string }>`
    select project, id from explanations where slot = ${from} and state = 'open' order by project, id for update`.execute(
    tx,
  )
  if (rows.length === 0) return
  const [projects, ids] = [rows.map(({ project }) => project), rows.map(({ id }) => id)]
  const keys = sql`(select * from unnest(${projects}::text[], ${ids}::text[]))`
  await sql`update explanations set slot = ${to} where (project, id) in ${keys}`.execute(tx)
  for (const table of ['questions', 'shards'])
    await sql`update ${sql.table(table)} set slot = ${to} where slot = ${from} and (project, explanation) in ${keys}`.execute(
      tx,
    )
}
