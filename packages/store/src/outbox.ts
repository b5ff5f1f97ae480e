import type { NewOutboxMessage, OutboxMessage, Sends, Store } from '@fanlight/ports'
import { sql } from 'kysely'
import type { Records, Tx } from './database.ts'

/** Writes messages to the outbox, as one row: an id is the row's with the place in it. */
export async function send(tx: Tx, messages: readonly NewOutboxMessage[], now: number): Promise<Sends> {
  if (messages.length === 0) return { outbox: [] }
  const { id } = await tx
    .insertInto('outbox')
    .values({ messages: encode(messages), count: messages.length, written_at: now })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { outbox: messages.map((message, i) => withId(message, id, i)) }
}

export const encode = (messages: readonly NewOutboxMessage[]): string =>
  JSON.stringify(
    messages.map(({ topic, key, body, place }) =>
      place === undefined ? [topic, key, body] : [topic, key, body, place],
    ),
  )

export const withId = (message: NewOutboxMessage, row: number, index: number): OutboxMessage => ({
  id: `${row}.${index}`,
  ...message,
})

export const outboxMethods = ({ db, clock }: Records): Pick<Store, 'markSent' | 'unsent'> => ({
  async markSent(ids) {
    const marked = byRow(ids)
    if (marked.size === 0) return
    const rows = [...marked.keys()]
    const counts = rows.map((row) => marked.get(row)!.size)
    // Nearly always all messages of a row are marked together.
    const { numDeletedRows } = await db
      .deleteFrom('outbox')
      .using(
        sql<{ row: number; marked: number }>`unnest(${rows}::bigint[], ${counts}::integer[])`.as(sql`m(row, marked)`),
      )
      .where(sql<boolean>`outbox.id = m.row and outbox.count = m.marked`)
      .executeTakeFirst()
    if (Number(numDeletedRows) === rows.length) return
    for (const [row, indexes] of marked) await markSome(db, row, [...indexes])
  },

  async unsent(olderThanMs, limit) {
    const rows = await db
      .selectFrom('outbox')
      .select(['id', 'messages', 'sent'])
      .where('written_at', '<=', clock.now() - olderThanMs)
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows
      .flatMap(({ id, messages, sent }) =>
        decode(messages).map((message, i) => ({ message: withId(message, id, i), done: sent.includes(i) })),
      )
      .filter(({ done }) => !done)
      .map(({ message }) => message)
      .slice(0, limit)
  },
})

async function markSome(db: Records['db'], row: number, indexes: number[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const marked = sql<number[]>`array(select distinct unnest(sent || ${indexes}::integer[]))`
    await tx.updateTable('outbox').set({ sent: marked }).where('id', '=', row).execute()
    await tx.deleteFrom('outbox').where('id', '=', row).where(sql<boolean>`cardinality(sent) >= count`).execute()
  })
}

/** Ids that were never given mark nothing. */
function byRow(ids: readonly string[]): Map<number, Set<number>> {
  const rows = new Map<number, Set<number>>()
  for (const id of ids) {
    const [, row, index] = /^(\d{1,15})\.(\d{1,9})$/.exec(id) ?? []
    if (row === undefined) continue
    const known = rows.get(Number(row))
    if (known) known.add(Number(index))
    else rows.set(Number(row), new Set([Number(index)]))
  }
  return rows
}

const decode = (messages: string): NewOutboxMessage[] =>
  (JSON.parse(messages) as [string, string, string, number?][]).map(([topic, key, body, place]) => ({
    topic,
    key,
    body,
    ...(place !== undefined && { place }),
  }))
