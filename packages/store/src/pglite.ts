import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { type Clock, isFanlightError, type Store, TransientError } from '@fanlight/ports'
import { openDatabase, storeError } from './database.ts'
import { lockFolder } from './lock.ts'
import { pgliteDialect } from './pglite-dialect.ts'
import { JOURNAL_BYTES, NEW_DATABASE_BYTES, needRoom, withRoom } from './room.ts'
import { storeOver } from './store.ts'
import { withUpkeep } from './upkeep.ts'

export interface FolderStore extends Store {
  /** Tells whoever finds the folder locked where this process serves. */
  announce(url: string): Promise<void>
}

/**
 * Opens the store of a data folder: PostgreSQL inside this process, in `folder/db`. The first time takes seconds.
 * What was acknowledged survives SIGKILL; a power cut may cost the last writes, since PGlite does not fsync.
 * @throws InputError `STORE_LOCKED` while another process has the folder, `STORE_UNAVAILABLE` for a newer schema
 * @throws TransientError `DISK_FULL`
 */
export async function openStore({ folder, clock }: { folder: string; clock: Clock }): Promise<FolderStore> {
  const lock = await lockFolder(folder).catch((error: unknown) => {
    throw openingError(folder, error)
  })
  try {
    const dataDir = join(folder, 'db')
    await initialise(folder, dataDir)
    const pglite = await PGlite.create({ dataDir })
    const db = await openDatabase(pgliteDialect(pglite))
    const store = withRoom(withUpkeep(storeOver({ db, clock }), { db, vacuums: true }), folder)
    return {
      ...store,
      announce: (url) => lock.announce(url),
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]()
        await lock[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await lock[Symbol.asyncDispose]()
    const told = openingError(folder, error)
    // Without room PGlite fails to recover its journal, and does not say why.
    if (isFanlightError(told) && told.code === 'STORE_UNAVAILABLE') await needRoom(folder, JOURNAL_BYTES)
    throw told
  }
}

/** Nothing but a person mends a folder that is damaged or cannot be one: which it is, and the way out. */
function openingError(folder: string, error: unknown): Error {
  const told = storeError(error)
  if (!isFanlightError(told) || told.code !== 'STORE_UNAVAILABLE' || told.retry === 'never') return told
  const remedy = 'set FANLIGHT_HOME to another folder, or move this one away if it is damaged'
  return new TransientError('STORE_UNAVAILABLE', `cannot open the data folder ${folder}: ${told.message}; ${remedy}`, {
    cause: told,
  })
}

/** A killed initdb leaves half a database: it works beside, and its result is moved into place. */
async function initialise(folder: string, dataDir: string): Promise<void> {
  if (existsSync(dataDir)) return
  await needRoom(folder, NEW_DATABASE_BYTES)
  const unfinished = `${dataDir}.new`
  await rm(unfinished, { recursive: true, force: true })
  try {
    await (await PGlite.create({ dataDir: unfinished })).close()
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  await rename(unfinished, dataDir)
}
