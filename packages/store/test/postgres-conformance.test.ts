import { after, test } from 'node:test'
import { testStore } from '@fanlight/conformance'
import { openPostgres } from '@fanlight/store'
import { testServer } from './postgres-database.ts'

const server = await testServer()
if ('missing' in server) {
  test('store: PostgreSQL', (t) => t.skip(server.missing))
} else {
  after(() => server[Symbol.asyncDispose]())
  testStore('PostgreSQL', async (clock) => openPostgres({ url: await server.create(), clock, maxConnections: 4 }))
}
