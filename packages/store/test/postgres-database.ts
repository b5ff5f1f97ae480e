import { randomUUID } from 'node:crypto'
import { startPeer } from '@fanlight/peers'
import { openPostgres } from '@fanlight/store'
import { Client } from 'pg'

/** A server with an empty store to copy from. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly server: Awaited<ReturnType<typeof startPeer>>['server']
  /** Makes a database: a copy of the empty store, or one without a schema. @returns its URL */
  create(options?: { schema?: boolean; encoding?: string }): Promise<string>
  /** Runs SQL as the superuser, in a database of the server or in its own. */
  sql(text: string, url?: string): Promise<Record<string, unknown>[]>
}

export async function testServer(settings: Record<string, string> = {}): Promise<TestServer> {
  const peer = await startPeer('postgres', { durable: false, settings })
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
  const template = `fanlight_${randomUUID()}`
  await sql(`create database "${template}"`)
  await (await openPostgres({ url: urlOf(template) }))[Symbol.asyncDispose]()
  return {
    url: peer.url,
    server: peer.server,
    async create({ schema = true, encoding } = {}) {
      const database = `fanlight_${randomUUID()}`
      const like = schema ? `"${template}"` : 'template0'
      await sql(`create database "${database}" template ${like} ${encoding ? `encoding '${encoding}'` : ''}`)
      return urlOf(database)
    },
    sql,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  }
}
