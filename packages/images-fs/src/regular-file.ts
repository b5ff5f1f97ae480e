import { constants, type Stats } from 'node:fs'
import { lstat, open, stat } from 'node:fs/promises'
import { InputError } from '@fanlight/ports'

const MAX_CHUNK_BYTES = 2 ** 20
/** For what is left when the size has lied, and for seeing the end. */
const MIN_CHUNK_BYTES = 2 ** 16

/** What the system says of a path that nothing can be read from, by the code of its error. */
const UNREACHABLE = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'])
const FORBIDDEN = new Set(['EACCES', 'EPERM'])
const NOT_A_FILE = new Set(['ENXIO', 'EISDIR', 'ENODEV', 'ENOTSUP', 'EOPNOTSUPP'])

export interface SizeLimit {
  /** Files above it are refused before they are read. */
  readonly maxBytes: number
}

/**
 * Looks at what a path stands for, links followed, without opening it.
 * @throws InputError `NOT_A_FILE`, `IMAGE_TOO_LARGE`, `INPUT_NOT_FOUND`, `IMAGE_UNREADABLE`
 */
export async function checkRegularFile(path: string, limit: SizeLimit): Promise<void> {
  check(path, await stat(path).catch(refuse(path)), limit)
}

/**
 * The bytes of a regular file, piece by piece. Opening never waits, as it would for a pipe without a writer, and a
 * device is not opened at all.
 * @throws InputError `NOT_A_FILE`, `IMAGE_TOO_LARGE`, also when it grows beyond the limit while it is read,
 *   `INPUT_NOT_FOUND`, `IMAGE_UNREADABLE`
 */
export async function* readChunks(path: string, limit: SizeLimit): AsyncGenerator<Buffer> {
  await checkRegularFile(path, limit)
  const { O_NONBLOCK = 0, O_RDONLY } = constants
  await using file = await open(path, O_RDONLY | O_NONBLOCK).catch(refuse(path))
  // It may be another by now than the one that was looked at.
  const stats = await file.stat()
  check(path, stats, limit)
  let total = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(MAX_CHUNK_BYTES, Math.max(stats.size - total, MIN_CHUNK_BYTES)))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null).catch(refuse(path))
    if (bytesRead === 0) return
    total += bytesRead
    if (total > limit.maxBytes) throw tooLarge(path, total, limit)
    yield chunk.subarray(0, bytesRead)
  }
}

/** Why a path could not be used, as an InputError; errors of the machine, such as too many open files, stay as they are. */
export function refuse(path: string): (error: NodeJS.ErrnoException) => Promise<never> {
  return async (cause) => {
    const { code = '' } = cause
    if (NOT_A_FILE.has(code)) throw new InputError('NOT_A_FILE', `${path} is no regular file`, { cause })
    if (FORBIDDEN.has(code)) {
      throw new InputError('IMAGE_UNREADABLE', `${path} may not be read: change its permissions`, { cause })
    }
    if (!UNREACHABLE.has(code)) throw cause
    throw new InputError('INPUT_NOT_FOUND', `${path} ${await whyUnreachable(path)}`, { cause })
  }
}

async function whyUnreachable(path: string): Promise<string> {
  const link = await lstat(path).catch(() => undefined)
  if (link?.isSymbolicLink()) return 'is a link to what is not there'
  // What Node makes of bytes that are no UTF-8, and so of a name that it cannot ask for.
  return path.includes('\ufffd') ? 'has a name that is no UTF-8: rename it' : 'is not there'
}

function check(path: string, stats: Stats, limit: SizeLimit): void {
  if (!stats.isFile()) throw new InputError('NOT_A_FILE', `${path} is ${kindOf(stats)}, not a regular file`)
  if (stats.size > limit.maxBytes) throw tooLarge(path, stats.size, limit)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a named pipe'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

function tooLarge(path: string, bytes: number, { maxBytes }: SizeLimit): InputError {
  return new InputError('IMAGE_TOO_LARGE', `${path} has ${bytes} bytes or more, the limit is ${maxBytes}`)
}
