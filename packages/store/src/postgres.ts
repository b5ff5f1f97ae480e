import { type Clock, InputError, type Store, TransientError } from '@fanlight/ports'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { openDatabase } from './database.ts'
import { type Place, placeOf, postgresError, READ_ONLY, whileUndone } from './postgres-errors.ts'
import { openPool, type PoolLimits } from './postgres-pool.ts'
import { serverClock } from './server-clock.ts'
import { storeOver } from './store.ts'
import type { Tables } from './tables.ts'
import { withUpkeep } from './upkeep.ts'

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with `sslmode`, `sslrootcert` and so on as parameters. */
  readonly url: string
  /** For tests. Absent: the time of the database, which all processes share. */
  readonly clock?: Clock
  /** Of this process. All processes together must stay below the server's max_connections. */
  readonly maxConnections?: number
  /** What pg_stat_activity shows. */
  readonly applicationName?: string
  readonly statementTimeoutMs?: number
  readonly lockTimeoutMs?: number
}

export interface PostgresStore extends Store {
  /** The time by which leases and ages are reckoned: the database's, unless another was given. */
  readonly clock: Clock
}

const OLDEST_MAJOR = 15

/**
 * Opens the store in a PostgreSQL database (15 or newer, UTF-8) and brings its schema up to date; of many processes
 * that start at once one does so, the others wait.
 * @throws InputError `CONFIGURATION_INVALID` for a URL or a database that cannot serve, `STORE_UNAVAILABLE` for a newer
 *   schema, a wrong password or a database that is not there
 * @throws TransientError `STORE_UNAVAILABLE` while the server is away or refuses to write
 */
export async function openPostgres({
  url,
  clock,
  maxConnections = 10,
  applicationName = 'fanlight',
  statementTimeoutMs = 60_000,
  lockTimeoutMs = 15_000,
}: PostgresOptions): Promise<PostgresStore> {
  const place = placeOf(url)
  const told = (error: unknown): Error => postgresError(error, place, { opening: true })
  await migrated(place, applicationName, told)
  const limits = { maxConnections, statementTimeoutMs, lockTimeoutMs, applicationName }
  const db = new Kysely<Tables>({ dialect: dialectOf(place, limits) })
  try {
    const shared = clock ? undefined : await serverClock(() => serverTime(db))
    const time = clock ?? shared!
    const store = withUpkeep(
      storeOver({ db, clock: time }, (call) => whileUndone(call, (error) => postgresError(error, place))),
      { db, vacuums: false },
    )
    return {
      ...store,
      clock: time,
      async [Symbol.asyncDispose]() {
        shared?.[Symbol.dispose]()
        await store[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await db.destroy()
    throw told(error)
  }
}

/** With a session of its own: a migration waits for others, and may take long. */
async function migrated(place: Place, applicationName: string, told: (error: unknown) => Error): Promise<void> {
  const patient = { maxConnections: 1, statementTimeoutMs: 0, lockTimeoutMs: 0, applicationName }
  const db = await openDatabase(dialectOf(place, patient), {
    check: (db) => refuseUnfit(db, place),
    told,
    elsewhere: "let the store's URL name another database",
  })
  await db.destroy()
}

const dialectOf = (place: Place, limits: PoolLimits) => new PostgresDialect({ pool: openPool(place.url, limits) })

async function refuseUnfit(db: Kysely<Tables>, place: Place): Promise<void> {
  const { rows } = await sql<{ version: number; encoding: string; read_only: string }>`
    select current_setting('server_version_num')::integer as version, current_setting('server_encoding') as encoding,
      current_setting('transaction_read_only') as read_only`.execute(db)
  const { version, encoding, read_only } = rows[0]!
  const major = Math.floor(version / 10_000)
  if (major < OLDEST_MAJOR) {
    throw new InputError(
      'CONFIGURATION_INVALID',
      `${place.name} is PostgreSQL ${major}: use ${OLDEST_MAJOR} or a newer one`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new InputError(
      'CONFIGURATION_INVALID',
      `${place.name} keeps text as ${encoding}: make a database with encoding UTF8`,
    )
  }
  if (read_only === 'on') throw new TransientError('STORE_UNAVAILABLE', `${place.name} ${READ_ONLY}`)
}

async function serverTime(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::double precision as now`.execute(db)
  return rows[0]!.now
}
