import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { InputError, TransientError } from '@fanlight/ports'

/** Writes beside the place, then renames: a reader sees the old file or the new one, never half of it. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID().slice(0, 8)}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(draft, content)
    await rename(draft, path)
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {})
    throw writeError(cause, path)
  }
}

/** What a person can do about a file that cannot be written. */
export function writeError(cause: unknown, path: string): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
    const message = `no room to write ${path}: make room, and run the same command again`
    return new TransientError('DISK_FULL', message, { cause })
  }
  if (!/^E[A-Z0-9]+$/.test(code)) return cause
  return new InputError('USAGE', `cannot write ${path} (${code}): name a folder that can be written to`, { cause })
}

/** @throws InputError `USAGE` when something else than a folder is in its place */
export async function refuseFile(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined)
  if (info && !info.isDirectory()) {
    throw new InputError('USAGE', `${JSON.stringify(path)} is no folder: give another place for the results with --out`)
  }
}

export const ndjson = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
