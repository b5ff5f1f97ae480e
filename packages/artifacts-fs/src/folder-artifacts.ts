import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '@fanlight/contracts'
import { type ArtifactStore, InputError, TransientError } from '@fanlight/ports'

export interface FolderArtifactsOptions {
  /** Made if it is not there. Several processes may share it. */
  readonly folder: string
}

const KEY = /^[0-9a-f]{64}$/
const SHARD = /^[0-9a-f]{2}$/
const UNFINISHED = 'unfinished'
/** No write takes this long: what is older was left by a process that is gone. */
const ABANDONED_MS = 600_000
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/**
 * Artifacts as files `ab/abcdef…` under a folder. Each is written beside, flushed, and renamed: one that `put`
 * returned survives SIGKILL and a power cut, whole.
 * @throws TransientError `DISK_FULL`, or `STORE_UNAVAILABLE` when the folder cannot be written to;
 *   NodeJS.ErrnoException when it cannot be read
 */
export async function folderArtifacts({ folder }: FolderArtifactsOptions): Promise<ArtifactStore> {
  const unfinished = join(folder, UNFINISHED)
  await writing(folder, () => mkdir(unfinished, { recursive: true }))
  await removeAbandoned(unfinished)
  const pathOf = (key: string) => join(folder, key.slice(0, 2), checked(key))
  let writes = 0

  async function write(key: string, bytes: Uint8Array): Promise<void> {
    const shard = join(folder, key.slice(0, 2))
    const path = join(unfinished, `${key}.${process.pid}.${++writes}`)
    try {
      await mkdir(shard, { recursive: true })
      await writeFlushed(path, bytes)
      await rename(path, join(shard, key))
      await flushFolder(shard)
    } catch (error) {
      await rm(path, { force: true }).catch(() => {})
      throw error
    }
  }

  return {
    async put(bytes) {
      const key = sha256(bytes)
      await writing(folder, async () => {
        // Compared, not only looked for: the same bytes again repair what was damaged.
        const held = await readFile(pathOf(key)).catch(ignoreAbsence)
        if (!held?.equals(bytes)) await write(key, bytes)
      })
      return key
    },

    async get(key) {
      const bytes = await readFile(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        throw new InputError('ARTIFACT_NOT_FOUND', `there is no artifact ${key} in ${folder}`, { cause: error })
      })
      if (sha256(bytes) === key) return bytes
      const remedy = 'putting the same bytes again repairs it (--fresh makes them again)'
      throw new InputError('ARTIFACT_CORRUPT', `${pathOf(key)} no longer has its hash: ${remedy}`)
    },

    async has(key) {
      return (await stat(pathOf(key)).catch(ignoreAbsence)) !== undefined
    },

    async delete(key) {
      await rm(pathOf(key), { force: true })
    },

    async *list() {
      const shards = await readdir(folder)
      for (const shard of shards.filter((name) => SHARD.test(name)).sort()) {
        const keys = await readdir(join(folder, shard))
        yield* keys.filter((key) => KEY.test(key) && key.startsWith(shard)).sort()
      }
    },

    async [Symbol.asyncDispose]() {},
  }
}

function checked(key: string): string {
  if (KEY.test(key)) return key
  const shown = JSON.stringify(String(key).slice(0, 80))
  throw new InputError('ARTIFACT_NOT_FOUND', `${shown} is no artifact's key: one is 64 lower-case hex digits`)
}

function ignoreAbsence(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** A folder that cannot be written to is a trouble that somebody has to hear of, not a mistake of the message at hand. */
async function writing<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const { code = '', syscall } = error as NodeJS.ErrnoException
    if (FULL.has(code)) {
      throw new TransientError('DISK_FULL', `no room is left in ${folder} (${code}): free some`, { cause: error })
    }
    if (syscall === undefined) throw error
    const remedy = 'see that this user may write there and that the disk is well'
    throw new TransientError('STORE_UNAVAILABLE', `cannot write to ${folder} (${code}): ${remedy}`, { cause: error })
  }
}

async function writeFlushed(path: string, bytes: Uint8Array): Promise<void> {
  const { O_CREAT, O_EXCL, O_WRONLY } = constants
  await using file = await open(path, O_CREAT | O_EXCL | O_WRONLY, 0o644)
  await file.writeFile(bytes)
  await file.datasync()
}

/** The name of a new file is in its folder, which has to be flushed too. */
async function flushFolder(path: string): Promise<void> {
  // Windows opens no folders; its journal keeps the order of renames.
  if (process.platform === 'win32') return
  await using folder: FileHandle = await open(path)
  await folder.sync()
}

async function removeAbandoned(unfinished: string): Promise<void> {
  for (const name of await readdir(unfinished)) {
    const path = join(unfinished, name)
    const stats = await stat(path).catch(() => undefined)
    if (stats && Date.now() - stats.mtimeMs > ABANDONED_MS) await rm(path, { force: true })
  }
}
