import type { Failure, ImageRef, JobState, MethodSpec, NewItem } from '@fanlight/contracts'
import {
  checkId,
  decodeCursor,
  encodeCursor,
  InputError,
  type ItemRow,
  itemsReady,
  type Store,
  storable,
} from '@fanlight/ports'
import { type Selectable, sql } from 'kysely'
import { cancelSpent } from './budgets.ts'
import type { Records, Tx } from './database.ts'
import { lockJob } from './jobs.ts'
import { fromJson } from './json.ts'
import { send } from './outbox.ts'
import type { ItemsTable } from './tables.ts'

type ItemMethods = Pick<Store, 'addItems' | 'listItems' | 'getItem' | 'listExplanations'>

export const itemMethods = ({ db, clock }: Records): ItemMethods => ({
  addItems(project, job, items, { cursor } = {}) {
    for (const item of items) checkItem(item)
    return db.transaction().execute(async (tx) => {
      const state = await lockJob(tx, project, job)
      const added = await insertItems(tx, { project, job, state }, items)
      if (added < items.length) await moveImages(tx, { project, job }, items)
      if (added > 0 && state !== 'cancelled') {
        const open = { sealed: false, state: state === 'done' ? 'running' : state, ended_at: null } as const
        await tx.updateTable('jobs').set(open).where('project', '=', project).where('id', '=', job).execute()
      }
      if (cursor !== undefined) await keepCursor(tx, { project, job }, cursor, clock.now())
      await cancelSpent(tx, { project, jobs: [job] })
      const claimable = state !== 'paused' && (await someWaiting(tx, { project, job }, items))
      return send(tx, claimable ? [itemsReady(project, job)] : [], clock.now())
    })
  },

  async listItems(project, job, { after, limit }) {
    const [name, id] = after === undefined ? [] : (decodeCursor(after, ['string', 'string']) as [string, string])
    const rows = await db
      .selectFrom('items')
      .selectAll()
      .where('project', '=', project)
      .where('job', '=', job)
      .$if(name !== undefined, (query) => query.where(sql<boolean>`(name, id) > (${name}, ${id})`))
      .orderBy('name')
      .orderBy('id')
      .limit(limit + 1)
      .execute()
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return { rows: page.map(rowOf), next: last && rows.length > limit ? encodeCursor([last.name, last.id]) : undefined }
  },

  async getItem(project, job, item) {
    const query = db.selectFrom('items').selectAll().where('project', '=', project).where('job', '=', job)
    const row = await query.where('id', '=', item).executeTakeFirst()
    return row && rowOf(row)
  },

  async listExplanations(project, job, item) {
    const rows = await db
      .selectFrom('item_explanations as l')
      .innerJoin('explanations as e', (join) =>
        join.onRef('e.project', '=', 'l.project').onRef('e.id', '=', 'l.explanation'),
      )
      .select(['e.id', 'e.method', 'e.state', 'e.result', 'e.failure', 'e.first_asked_at', 'e.ended_at'])
      .where('l.project', '=', project)
      .where('l.job', '=', job)
      .where('l.item', '=', item)
      .orderBy('l.position')
      .execute()
    return rows.map(({ id, method, state, result, failure, first_asked_at, ended_at }) => ({
      item,
      explanation: id,
      method: fromJson<MethodSpec>(method)!,
      state,
      result: fromJson(result),
      failure: fromJson<Failure>(failure),
      durationMs: first_asked_at === null || ended_at === null ? undefined : ended_at - first_asked_at,
    }))
  },
})

function checkItem({ id, name, image, failure }: NewItem): void {
  checkId(id)
  if (!image && !failure) {
    throw new InputError(
      'MESSAGE_INVALID',
      `item ${JSON.stringify(name)} has neither image nor failure: give one of them`,
    )
  }
}

interface ItemsOf {
  readonly project: string
  readonly job: string
}

/** @returns how many were new */
async function insertItems(
  tx: Tx,
  { project, job, state }: ItemsOf & { state: JobState },
  items: readonly NewItem[],
): Promise<number> {
  const waiting = state === 'cancelled' ? 'cancelled' : 'waiting'
  const given = items.map(({ id, name, image, failure, slice }) => ({
    id,
    name: storable(name),
    image_sha256: image?.sha256,
    image: image && JSON.stringify(image),
    slice: JSON.stringify(slice),
    state: failure ? 'failed' : waiting,
    failure: failure && JSON.stringify(failure),
  }))
  const { numAffectedRows } = await sql`
    insert into items (project, job, id, name, image_sha256, image, slice, state, failure)
    select ${project}, ${job}, id, name, image_sha256, image, slice, state, failure
    from rows from (json_to_recordset(${JSON.stringify(given)}::json) as
      (id text, name text, image_sha256 text, image text, slice text, state text, failure text)) with ordinality
      as given (id, name, image_sha256, image, slice, state, failure, place)
    order by place
    on conflict do nothing`.execute(tx)
  return Number(numAffectedRows ?? 0)
}

async function keepCursor(tx: Tx, { project, job }: ItemsOf, cursor: string, now: number): Promise<void> {
  await tx
    .updateTable('jobs')
    .set({ source_cursor: JSON.stringify(cursor), source_touched_at: now })
    .where('project', '=', project)
    .where('id', '=', job)
    .where('source', 'is not', null)
    .execute()
}

async function moveImages(tx: Tx, { project, job }: ItemsOf, items: readonly NewItem[]): Promise<void> {
  const images = new Map(items.flatMap(({ id, image }) => (image ? [[id, image] as const] : [])))
  const given = [...images].map(([id, image]) => ({ id, image_sha256: image.sha256, image: JSON.stringify(image) }))
  await sql`
    update items i set image = given.image
    from json_to_recordset(${JSON.stringify(given)}::json) as given (id text, image_sha256 text, image text)
    where i.project = ${project} and i.job = ${job} and i.id = given.id
      and i.image_sha256 = given.image_sha256 and i.image <> given.image`.execute(tx)
}

async function someWaiting(tx: Tx, { project, job }: ItemsOf, items: readonly NewItem[]): Promise<boolean> {
  const ids = items.map(({ id }) => id)
  const found = await tx
    .selectFrom('items')
    .select('id')
    .where('project', '=', project)
    .where('job', '=', job)
    .where(sql<boolean>`id = any(${ids})`)
    .where('state', '=', 'waiting')
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

const rowOf = (row: Selectable<ItemsTable>): ItemRow => ({
  project: row.project,
  job: row.job,
  id: row.id,
  name: row.name,
  image: fromJson<ImageRef>(row.image),
  state: row.state,
  failure: fromJson<Failure>(row.failure),
  slice: fromJson<Record<string, string>>(row.slice) ?? {},
})
