import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '@fanlight/ports'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import type { Tables } from '../src/tables.ts'
import { withUpkeep } from '../src/upkeep.ts'

const sends = { outbox: [{ id: '1.0', topic: 'items.ready', key: 'k', body: '{}' }] }

test('a failed analyze or vacuum does not reject what is committed', async () => {
  let tried = 0
  class Failing extends DummyDriver {
    override async acquireConnection(): Promise<never> {
      tried += 1
      throw new Error('no space left on device')
    }
  }
  const db = new Kysely<Tables>({
    dialect: {
      createDriver: () => new Failing(),
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  const committed: Partial<Store> = { addItems: async () => sends, endExplanation: async () => sends }
  const store = withUpkeep(committed as Store, { db, vacuums: true })
  const items = Array.from({ length: 500 }, (_, i) => ({ id: `${i}`, name: `${i}`, slice: {} }))
  assert.deepEqual(await store.addItems('local', 'a', items), sends)
  assert.equal(tried, 1)
  const end = { ok: false, failure: { code: 'WORKER_CRASHED', message: 'x' } } as const
  for (let i = 0; i < 20; i++) assert.deepEqual(await store.endExplanation('local', 'e', end), sends)
  assert.equal(tried, 4)
})
