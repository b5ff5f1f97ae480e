import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { InputError } from '@fanlight/ports'

export interface FolderLock extends AsyncDisposable {
  /** Tells whoever is refused where this process serves. */
  announce(url: string): Promise<void>
}

interface Holder {
  readonly pid: number
  readonly url?: string
}

/**
 * Takes a data folder for this process alone, until disposal or death. The operating system keeps the lock (through
 * SQLite, whose file locks need no native module of ours), so a killed holder leaves nothing behind to be judged by its age.
 * @throws FolderLockedError
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true })
  const holderFile = join(folder, 'holder.json')
  const database = takeLock(join(folder, 'lock.sqlite'))
  if (!database) throw new FolderLockedError(folder, await readHolder(holderFile))
  const write = async (holder: Holder) => {
    await writeFile(`${holderFile}.new`, JSON.stringify(holder))
    await rename(`${holderFile}.new`, holderFile)
  }
  try {
    await write({ pid: process.pid })
  } catch (error) {
    database.close()
    throw error
  }
  return {
    announce: (url) => write({ pid: process.pid, url }),
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close()
    },
  }
}

function takeLock(file: string): DatabaseSync | undefined {
  const database = new DatabaseSync(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    const SQLITE_BUSY = 5
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** Another process holds the data folder. */
export class FolderLockedError extends InputError {
  /** Where the holder serves its API, if it does. */
  readonly url: string | undefined

  constructor(folder: string, holder: Holder | undefined) {
    const by = `process ${holder?.pid ?? 'unknown'}${holder?.url ? `, which serves ${holder.url}` : ''}`
    super('STORE_LOCKED', `${folder} is in use by ${by}: end it, or set FANLIGHT_HOME to another folder`)
    this.url = holder?.url
  }
}
