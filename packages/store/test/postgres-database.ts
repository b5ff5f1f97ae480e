import { randomUUID } from 'node:crypto'
import { type Missing, type Peer, peerFor } from '@fanlight/peers'
import { openPostgres } from '@fanlight/store'
import { Client } from 'pg'

/** A server with an empty store to copy from. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  /** Makes a database: a copy of the empty store, or one without a schema. @returns its URL */
  create(options?: { schema?: boolean; encoding?: string }): Promise<string>
  /** Runs SQL as the superuser, in a database of the server or in its own. */
  sql(text: string, url?: string): Promise<Record<string, unknown>[]>
}

/** @returns undefined where there is no PostgreSQL; REQUIRE_PEERS makes that an error */
export async function testServer(): Promise<TestServer | Missing> {
  const peer = await peerFor('postgres')
  return 'missing' in peer ? peer : serverOf(peer)
}

export async function serverOf(peer: Peer): Promise<TestServer> {
  const sql = async (text: string, url = peer.url) => {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    await client.connect()
    try {
      return (await client.query(text)).rows as Record<string, unknown>[]
    } finally {
      await client.end()
    }
  }
  const urlOf = (database: string) => Object.assign(new URL(peer.url), { pathname: `/${database}` }).href
  const made: string[] = []
  const create = async (like: string, encoding?: string) => {
    const database = `fanlight_${randomUUID()}`
    await sql(`create database "${database}" template "${like}" ${encoding ? `encoding '${encoding}' locale 'C'` : ''}`)
    made.push(database)
    return database
  }
  const template = await create('template0')
  await (await openPostgres({ url: urlOf(template) }))[Symbol.asyncDispose]()
  return {
    url: peer.url,
    create: async ({ schema = true, encoding } = {}) => urlOf(await create(schema ? template : 'template0', encoding)),
    sql,
    async [Symbol.asyncDispose]() {
      // A server that somebody named by its URL goes on without what we made.
      for (const database of made) await sql(`drop database if exists "${database}" with (force)`)
      await peer[Symbol.asyncDispose]()
    },
  }
}
