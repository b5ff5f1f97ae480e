import { PGlite } from '@electric-sql/pglite'
import { testStore } from '@fanlight/conformance'
import type { Clock, Store } from '@fanlight/ports'
import { openDatabase, storeOver } from '@fanlight/store'
import { PGliteDialect, sql } from 'kysely'

const tables =
  'jobs, items, leases, explanations, item_explanations, questions, shards, counted_targets, aggregates, outbox'

let shared: ReturnType<typeof openDatabase> | undefined

/** Opening PGlite takes a second: the cases share one, which each of them finds empty. */
async function open(clock: Clock): Promise<Store> {
  shared ??= openDatabase(new PGliteDialect({ pglite: new PGlite() }))
  const db = await shared
  await sql.raw(`truncate ${tables}`).execute(db)
  return { ...storeOver({ db, clock }), async [Symbol.asyncDispose]() {} }
}

testStore('PGlite', open)
