import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DetectorRef } from '@fanlight/contracts'
import { type ArtifactStore, TransientError } from '@fanlight/ports'

/** URIs of what is kept among the artifacts: uploads and detectors. */
export const ARTIFACT_SCHEME = 'artifact:'

export interface ModelFilesOptions {
  readonly artifacts: ArtifactStore
  /** Made if it is not there; several processes may share it. */
  readonly folder: string
  /**
   * Files used longest ago go first when they would hold more than this, the one that is fetched included; that one is
   * kept however large. @default 4 GiB, or half of what the folder's volume has free besides them, if that is less
   */
  readonly maxBytes?: number
}

const MAX_BYTES = 4 * 2 ** 30
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const CLOSED = new Set(['EROFS', 'EACCES', 'EPERM'])

/**
 * Where this machine has a detector's ONNX file: as it is when its URI is a path, else as a file fetched from the
 * artifacts once. One that was there before this process is taken if its hash is right; the session checks it again.
 * @throws InputError `ARTIFACT_NOT_FOUND`, `ARTIFACT_CORRUPT`
 * @throws TransientError `DISK_FULL` when the folder has no room or may not be written to
 */
export function modelFiles({ artifacts, folder, maxBytes }: ModelFilesOptions) {
  const fetching = new Map<string, Promise<string>>()
  /** Sizes of the files that this process has written or hashed, by their SHA-256. */
  const verified = new Map<string, number>()

  async function fetch(sha256: string): Promise<string> {
    const path = join(folder, `${sha256}.onnx`)
    if (await isHeld(path, sha256)) return path
    const bytes = await artifacts.get(sha256)
    await writing(folder, async () => {
      await mkdir(folder, { recursive: true })
      await makeRoom(folder, bytes.byteLength, maxBytes)
      await writeWhole(path, bytes)
    })
    verified.set(sha256, bytes.byteLength)
    return path
  }

  async function isHeld(path: string, sha256: string): Promise<boolean> {
    const now = new Date()
    // Touched, so that the time of a file is when it was last of use. Nothing is lost where that is not allowed.
    await utimes(path, now, now).catch(() => {})
    const size = await stat(path).then(
      (status) => status.size,
      () => undefined,
    )
    if (size === undefined) return false
    if (verified.get(sha256) === size) return true
    // A disk that was full, or a machine that fell, may have left less than the whole under the right name.
    if ((await hashOf(path).catch(() => undefined)) !== sha256) return false
    verified.set(sha256, size)
    return true
  }

  return async ({ uri, sha256 }: DetectorRef): Promise<string> => {
    if (!uri.startsWith(ARTIFACT_SCHEME)) return uri
    const fetched = fetching.get(sha256) ?? fetch(sha256).finally(() => fetching.delete(sha256))
    fetching.set(sha256, fetched)
    return fetched
  }
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** A session has read its file when it is loaded: removing one that is in use costs another fetch at most. */
async function makeRoom(folder: string, neededBytes: number, maxBytes?: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const status = await stat(join(folder, name)).catch(() => undefined)
      return { name, bytes: status?.size ?? 0, usedAt: status?.mtimeMs ?? 0 }
    }),
  )
  let held = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const room = (maxBytes ?? (await defaultMaxBytes(folder, held))) - neededBytes
  for (const { name, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (held <= room) return
    await rm(join(folder, name), { force: true })
    held -= bytes
  }
}

/** What is held counts as free, or each file would lower the bound for the next. */
async function defaultMaxBytes(folder: string, heldBytes: number): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.min(MAX_BYTES, (bavail * bsize + heldBytes) / 2)
}

/** Under its name only when it is whole; nothing of it stays when that fails. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}.${crypto.randomUUID().slice(0, 8)}`
  try {
    await writeFile(unfinished, bytes)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {})
    throw error
  }
}

/** A folder that takes nothing is a trouble of this machine, and no fault of the detector. */
async function writing(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (!FULL.has(code) && !CLOSED.has(code)) throw cause
    const trouble = FULL.has(code) ? `no room is left in ${folder}` : `${folder} may not be written to`
    const remedy = FULL.has(code) ? 'free some, or give it a larger volume' : 'let this user write there'
    const message = `${trouble} (${code}), where detectors are kept: ${remedy}, or name another (FANLIGHT_SCRATCH of inference)`
    throw new TransientError('DISK_FULL', message, { cause })
  }
}
