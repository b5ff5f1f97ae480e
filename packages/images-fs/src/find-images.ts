import { constants } from 'node:fs'
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { Failure } from '@fanlight/contracts'
import { isImageName } from '@fanlight/image/image-names'
import { failureOf, InputError } from '@fanlight/ports'
import { checkRegularFile, refuse, type SizeLimit } from './regular-file.ts'

/** A photo as the person named it, with forward slashes, and where it is; or why it cannot be taken. */
export type Found =
  | { readonly name: string; readonly path: string; readonly failure?: never }
  | { readonly name: string; readonly failure: Failure; readonly path?: never }

export interface FindOptions extends SizeLimit {
  /** Folders below one that was named. @default 64 */
  readonly maxDepth?: number
}

/**
 * Finds what a command line names: a file whatever it is called, and in a folder the files with an image's extension,
 * sorted by name (in UTF-16 code units), at any depth. Hidden files and `node_modules` are passed over, links are
 * followed unless they lead back, and no folder is visited twice for one path. A file or folder that cannot be taken is told in its
 * place and stops nothing. Names are as the disk has them: escape them where they are shown.
 * @throws InputError `INPUT_NOT_FOUND`, before anything is found, when one of the paths does not exist
 */
export async function* findImages(paths: readonly string[], options: FindOptions): AsyncGenerator<Found> {
  const named = [...new Set(paths)]
  for (const path of named) await lstat(path).catch(refuse(path))
  for (const path of named) {
    const name = slashed(path)
    if (await isFolder(path)) yield* new Walk(await realpath(path), options).folder(resolve(path), prefixOf(name))
    else yield await foundFile(resolve(path), name, options)
  }
}

interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/** Through one folder that was named. */
class Walk {
  readonly #root: string
  readonly #options: FindOptions
  /** Real paths. */
  readonly #visited = new Set<string>()

  constructor(root: string, options: FindOptions) {
    this.#root = root
    this.#options = options
  }

  async *folder(path: string, prefix: string, depth = 0): AsyncGenerator<Found> {
    let entries: readonly Entry[]
    try {
      entries = await this.#enter(path, depth)
    } catch (error) {
      yield { name: prefix || '.', failure: failureOf(error, 'IMAGE_UNREADABLE') }
      return
    }
    for (const { name, isFolder } of entries) {
      if (isFolder) yield* this.folder(join(path, name), `${prefix}${name}/`, depth + 1)
      else yield await foundFile(join(path, name), prefix + name, this.#options)
    }
  }

  /** What to look at in a folder, in order; nothing on a second visit. */
  async #enter(path: string, depth: number): Promise<readonly Entry[]> {
    const { maxDepth = 64 } = this.#options
    const real = await realpath(path).catch(refuse(path))
    if (this.#visited.has(real)) return []
    this.#visited.add(real)
    if (depth > maxDepth) {
      throw new InputError('INPUT_NOT_FOUND', `${path} is more than ${maxDepth} folders deep: name it itself`)
    }
    const entries: Entry[] = []
    for (const entry of await readdir(path, { withFileTypes: true }).catch(refuse(path))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await this.#leadsOut(join(path, entry.name))))
      if (isFolder || isImageName(entry.name)) entries.push({ name: entry.name, isFolder })
    }
    return entries.sort((a, b) => (sortName(a) < sortName(b) ? -1 : 1))
  }

  /** Whether a link leads to a folder that has no place of its own in this walk: one inside has, one above is a loop. */
  async #leadsOut(path: string): Promise<boolean> {
    if (!(await isFolder(path))) return false
    const real = await realpath(path).catch(() => this.#root)
    return !contains(this.#root, real) && !contains(real, this.#root)
  }
}

/** With the slash that its files have behind it: so all names ascend, not only those of one folder. */
const sortName = ({ name, isFolder }: Entry): string => (isFolder ? `${name}/` : name)

async function foundFile(path: string, name: string, limit: SizeLimit): Promise<Found> {
  try {
    await checkRegularFile(path, limit)
    await access(path, constants.R_OK).catch(refuse(path))
    return { name, path }
  } catch (error) {
    return { name, failure: failureOf(error, 'IMAGE_UNREADABLE') }
  }
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isDirectory() ?? false
}

/** On both real paths. */
function contains(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

const slashed = (path: string): string => (sep === '/' ? path : path.replaceAll(sep, '/'))

/** What the names of a folder's files begin with; nothing for the folder that one is in. */
function prefixOf(folder: string): string {
  const bare = folder.replace(/\/+$/, '')
  return bare === '.' ? '' : `${bare}/`
}
