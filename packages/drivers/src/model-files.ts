import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DetectorRef } from '@fanlight/contracts'
import type { ArtifactStore } from '@fanlight/ports'

/** URIs of what is kept among the artifacts: uploads and detectors. */
export const ARTIFACT_SCHEME = 'artifact:'

export interface ModelFilesOptions {
  readonly artifacts: ArtifactStore
  /** Made if it is not there; several processes may share it. */
  readonly folder: string
  /** Files used longest ago go first when they hold more than this. @default 4 GiB */
  readonly maxBytes?: number
}

/**
 * Where this machine has a detector's ONNX file: as it is when its URI is a path, else as a file fetched from the
 * artifacts once. The session checks its hash.
 * @throws InputError `ARTIFACT_NOT_FOUND`, `ARTIFACT_CORRUPT`
 */
export function modelFiles({ artifacts, folder, maxBytes = 4 * 2 ** 30 }: ModelFilesOptions) {
  const fetching = new Map<string, Promise<string>>()

  async function fetch(sha256: string): Promise<string> {
    const path = join(folder, `${sha256}.onnx`)
    const now = new Date()
    // Touched, so that the time of a file is when it was last of use.
    if (
      await utimes(path, now, now).then(
        () => true,
        () => false,
      )
    )
      return path
    const bytes = await artifacts.get(sha256)
    await mkdir(folder, { recursive: true })
    await makeRoom(folder, maxBytes - bytes.byteLength)
    const unfinished = `${path}.${process.pid}.${crypto.randomUUID().slice(0, 8)}`
    await writeFile(unfinished, bytes)
    await rename(unfinished, path)
    return path
  }

  return async ({ uri, sha256 }: DetectorRef): Promise<string> => {
    if (!uri.startsWith(ARTIFACT_SCHEME)) return uri
    const fetched = fetching.get(sha256) ?? fetch(sha256).finally(() => fetching.delete(sha256))
    fetching.set(sha256, fetched)
    return fetched
  }
}

/** A session has read its file when it is loaded: removing one that is in use costs another fetch at most. */
async function makeRoom(folder: string, maxBytes: number): Promise<void> {
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const status = await stat(join(folder, name)).catch(() => undefined)
      return { name, bytes: status?.size ?? 0, usedAt: status?.mtimeMs ?? 0 }
    }),
  )
  let held = files.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { name, bytes } of files.sort((a, b) => a.usedAt - b.usedAt)) {
    if (held <= maxBytes) return
    await rm(join(folder, name), { force: true })
    held -= bytes
  }
}
