import { after } from 'node:test'
import { testStore } from '@fanlight/conformance'
import type { Clock, Store } from '@fanlight/ports'
import { openPostgres } from '@fanlight/store'
import { testServer } from './postgres-database.ts'

const server = await testServer()
after(() => server[Symbol.asyncDispose]())

testStore('PostgreSQL', async (clock: Clock): Promise<Store> => openPostgres({ url: await server.create(), clock }))
