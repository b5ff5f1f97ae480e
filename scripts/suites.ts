import { glob } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

export interface Suite {
  /** For example `packages/store`: what arguments of `npm test` are matched against. */
  readonly name: string
  readonly files: readonly string[]
}

const folders = ['packages/*/test', 'services/*/test', 'test/*', 'scripts/test']

/** Every folder with `*.test.ts` files is a suite; the quick ones, near the root of the imports, come first. */
export async function findSuites(filters: readonly string[]): Promise<readonly Suite[]> {
  const files = await Array.fromAsync(
    glob(
      folders.map((folder) => `${folder}/**/*.test.ts`),
      { cwd: root, exclude: (name) => name.includes('node_modules') },
    ),
  )
  const suites = Map.groupBy(files.map((file) => file.split(sep).join('/')).sort(), suiteOf)
  return [...suites]
    .filter(([name]) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
    .map(([name, members]) => ({ name, files: members.map((file) => join(root, file)) }))
}

/** packages/store/test/… → packages/store; test/e2e/… → test/e2e. */
function suiteOf(file: string): string {
  return file.split('/').slice(0, 2).join('/')
}
