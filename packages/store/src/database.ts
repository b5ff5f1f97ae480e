import { type Clock, InputError, isFanlightError, type Store, TransientError } from '@fanlight/ports'
import { type Dialect, Kysely, type Transaction } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations/index.ts'
import type { Tables } from './tables.ts'

/** One database and the time: what every method of the store works on. */
export interface Records {
  readonly db: Kysely<Tables>
  readonly clock: Clock
}

export type Tx = Transaction<Tables>

export interface OpeningOptions {
  /** Looks whether the database can serve, before anything is written. */
  readonly check?: (db: Kysely<Tables>) => Promise<void>
  /** What the driver's errors say in the port's. */
  readonly told?: (error: unknown) => Error
  /** How somebody gets another database, when this one is of a newer Fanlight. */
  readonly elsewhere?: string
}

/**
 * Connects and brings the schema up to date.
 * @param dialect of PostgreSQL's SQL; its client reads int8 as a number, and numeric as text
 * @throws InputError `STORE_UNAVAILABLE` when a newer Fanlight wrote the schema
 */
export async function openDatabase(
  dialect: Dialect,
  { check, told = storeError, elsewhere = 'set FANLIGHT_HOME to another folder' }: OpeningOptions = {},
): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect })
  try {
    await check?.(db)
    await migrate(db, elsewhere)
    return db
  } catch (error) {
    await db.destroy()
    throw told(error)
  }
}

async function migrate(db: Kysely<Tables>, elsewhere: string): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error === undefined) return
  await refuseNewer(db, elsewhere)
  const failed = results.find(({ status }) => status === 'Error')?.migrationName
  if (failed === undefined) throw error
  throw new TransientError('STORE_UNAVAILABLE', `migration failed: ${failed}: ${String(error)}`, { cause: error })
}

async function refuseNewer(db: Kysely<Tables>, elsewhere: string): Promise<void> {
  const applied = await db
    .withTables<{ kysely_migration: { name: string } }>()
    .selectFrom('kysely_migration')
    .select('name')
    .execute()
    // Where not even this can be read, it is the first error that says why.
    .catch(() => [])
  const unknown = applied.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name))
  if (unknown.length === 0) return
  const message = `a newer Fanlight wrote this store (${unknown.join(', ')}): update Fanlight, or ${elsewhere}`
  throw new InputError('STORE_UNAVAILABLE', message)
}

/** Makes one call of a method, and tells what the database throws in the port's errors. */
export type Calling = <T>(call: () => Promise<T>) => Promise<T>

export const callOnce: Calling = async (call) => {
  try {
    return await call()
  } catch (error) {
    throw storeError(error)
  }
}

/** Each of the methods, called so. */
export function withCalls(store: Store, calling: Calling): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => calling(async () => Reflect.apply(member, target, args))
    },
  })
}

/** PostgreSQL's code for a full disk, Node's, and that of Emscripten's file system, whose errors are no `Error`s. */
const DISK_FULL: readonly unknown[] = ['53100', 'ENOSPC', 'EDQUOT', 51]
const CHARACTER_NOT_IN_REPERTOIRE = '22021'

export function storeError(error: unknown): Error {
  if (isFanlightError(error)) return error
  const { code, errno, message } = (error ?? {}) as { code?: unknown; errno?: unknown; message?: unknown }
  const said = typeof message === 'string' ? message : `error ${String(errno ?? code ?? error)}`
  const cause = { cause: error }
  if (DISK_FULL.includes(code) || DISK_FULL.includes(errno) || /no space left|disk is full/i.test(said)) {
    return new TransientError(
      'DISK_FULL',
      `the store's disk is full: free some space; nothing is lost, the work goes on from there (${said})`,
      cause,
    )
  }
  if (code === CHARACTER_NOT_IN_REPERTOIRE) {
    return new InputError('MESSAGE_INVALID', `an id holds NUL, which the store cannot keep: ${said}`, cause)
  }
  return new TransientError('STORE_UNAVAILABLE', `the store failed: ${said}`, cause)
}
