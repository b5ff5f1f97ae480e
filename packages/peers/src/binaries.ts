import { accessSync, constants, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where `npm run peers` puts servers: `.peers` of the repository, or where PEERS_DIR says. */
export function peersFolder(): string {
  return process.env.PEERS_DIR ?? fileURLToPath(new URL('../../../.peers', import.meta.url))
}

/** The path of a program in `.peers/bin`, on the PATH, or in one of the further folders (globs). */
export function findBinary(name: string, ...further: readonly string[]): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  // The highest of Debian's versions, 9 < 15.
  const others = globSync([...further]).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  return [join(peersFolder(), 'bin'), ...onPath, ...others].map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
