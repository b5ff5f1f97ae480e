import { PGlite } from '@electric-sql/pglite'
import { testStore } from '@fanlight/conformance'
import type { Clock, Store } from '@fanlight/ports'
import { openDatabase, storeOver } from '@fanlight/store'
import { sql } from 'kysely'
import { pgliteDialect } from '../src/pglite-dialect.ts'

const tables = [
  'jobs',
  'items',
  'leases',
  'explanations',
  'item_explanations',
  'questions',
  'shards',
  'counted_targets',
  'aggregates',
  'outbox',
  'detectors',
  'dead_letters',
]

let shared: ReturnType<typeof openDatabase> | undefined

/** A new PGlite takes seconds: the cases share one, which each of them finds empty. */
async function open(clock: Clock): Promise<Store> {
  shared ??= openDatabase(pgliteDialect(new PGlite()))
  const db = await shared
  for (const table of tables) await sql`delete from ${sql.table(table)}`.execute(db)
  return { ...storeOver({ db, clock }), async [Symbol.asyncDispose]() {} }
}

testStore('PGlite', open)
