import { PGlite } from '@electric-sql/pglite'
import { testStore } from '@fanlight/conformance'
import type { Clock, Store } from '@fanlight/ports'
import { openDatabase, storeOver } from '@fanlight/store'
import { pgliteDialect } from '../src/pglite-dialect.ts'
import { emptyTables } from './tables.ts'

let shared: ReturnType<typeof openDatabase> | undefined

/** A new PGlite takes seconds: the cases share one, which each of them finds empty. */
async function open(clock: Clock): Promise<Store> {
  shared ??= openDatabase(pgliteDialect(new PGlite()))
  const db = await shared
  await emptyTables(db)
  return { ...storeOver({ db, clock }), async [Symbol.asyncDispose]() {} }
}

testStore('PGlite', open)
