import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import { DatabaseError, Pool, type PoolClient, types } from 'pg'

export interface PoolLimits {
  readonly maxConnections: number
  /** 0: no limit; so for the next one. */
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly applicationName: string
}

const CONNECT_TIMEOUT_MS = 10_000
/** A process that is stopped in mid-transaction holds nobody up for longer. */
const IDLE_IN_TRANSACTION_MS = 15_000
/** The server ends a statement by itself; if it says nothing for so much longer, it or the way to it is gone. */
const SILENCE_MS = 10_000
/** Statements that are prepared: a bound for servers, not one that we reach. */
const MAX_PREPARED = 256
const INT8 = 20

/** A pool of connections whose statements are prepared, which saves planning them each time. */
export function openPool(url: string, limits: PoolLimits): PostgresPool {
  const pool = new Pool({
    connectionString: url,
    max: limits.maxConnections,
    application_name: limits.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    ...(limits.lockTimeoutMs > 0 && { lock_timeout: limits.lockTimeoutMs }),
    ...(limits.statementTimeoutMs > 0 && {
      statement_timeout: limits.statementTimeoutMs,
      query_timeout: limits.statementTimeoutMs + SILENCE_MS,
    }),
    // Of this pool only: others in this process may want their int8 otherwise.
    types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
  })
  // Without listeners, a connection that breaks while nobody uses it, or between two statements, ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const names = new Map<string, string>()
  const nameOf = (sql: string): string | undefined => {
    if (!names.has(sql) && names.size < MAX_PREPARED) names.set(sql, `s${names.size}`)
    return names.get(sql)
  }
  return {
    options: pool.options,
    connect: async () => preparing(await pool.connect(), nameOf),
    end: () => pool.end(),
  }
}

/**
 * A connection that did not answer is given up: what it was told may still happen, and what comes later must not queue
 * behind it.
 */
function preparing(client: PoolClient, nameOf: (sql: string) => string | undefined): PostgresPoolClient {
  let broken: unknown
  function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  function query(sql: unknown, parameters: readonly unknown[] = []): unknown {
    if (typeof sql !== 'string') throw new TypeError('nothing is streamed')
    return run(sql, parameters)
  }
  async function run(sql: string, parameters: readonly unknown[]) {
    if (broken !== undefined) throw broken
    try {
      const name = parameters.length > 0 ? nameOf(sql) : undefined
      return await client.query({ text: sql, values: [...parameters], ...(name !== undefined && { name }) })
    } catch (error) {
      if (!(error instanceof DatabaseError)) broken = error
      throw error
    }
  }
  return { query, release: (destroy) => client.release(destroy || broken !== undefined) }
}
