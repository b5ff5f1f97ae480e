// node scripts/tables.ts [--check]: writes the tables in the docs from what they describe, between
// `<!-- table: NAME -->` and `<!-- end of table -->`; with --check it only says which are stale.

import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { topics } from '@fanlight/contracts'
import { families } from '@fanlight/detector'
import { exportRows, supportRows } from '../packages/onnx/test/vjp/support-rows.ts'
import { variableRows } from './service-variables.ts'
import { root } from './suites.ts'

const tables: Readonly<Record<string, () => Promise<string>>> = {
  packages: async () => {
    const manifests = await Array.fromAsync(glob(['packages/*/package.json', 'services/*/package.json'], { cwd: root }))
    const rows = await Promise.all(
      manifests.sort().map(async (file) => {
        const { name, description } = JSON.parse(await readFile(join(root, file), 'utf8'))
        const folder = file.replace('/package.json', '')
        return [`[${folder}](${folder})`, name, description]
      }),
    )
    return table(['folder', 'name', 'what it is'], rows)
  },
  families: async () =>
    table(
      ['family', 'what it has'],
      Object.entries(families).map(([name, { expects }]) => [`\`${name}\``, expects]),
    ),
  topics: async () =>
    table(
      ['topic', 'key', 'made by', 'read by'],
      Object.entries(topics).map(([name, { key, madeBy, readBy }]) => [`\`${name}\``, key, madeBy, readBy]),
    ),
  gradients: async () => table(['operator', 'variants checked', 'refused'], supportRows()),
  exports: async () => table(['family', 'as exported by', 'operators'], exportRows()),
  variables: async () => table(['variable', 'read by', 'default', 'what it is'], variableRows()),
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

async function refresh(text: string): Promise<string> {
  let fresh = text
  for (const [name, make] of Object.entries(tables)) {
    const block = new RegExp(`(<!-- table: ${name} -->\n)[^]*?(<!-- end of table -->)`, 'g')
    if (block.test(text)) {
      const made = await make()
      fresh = fresh.replace(block, (_, open, close) => `${open}${made}${close}`)
    }
  }
  return fresh
}

const check = process.argv.includes('--check')
for await (const file of glob(['*.md', 'docs/**/*.md', 'packages/*/*.md'], { cwd: root })) {
  const text = await readFile(join(root, file), 'utf8')
  const fresh = await refresh(text)
  if (fresh === text) continue
  if (check) {
    process.stdout.write(`${file} holds a stale table: run "node_modules/.bin/node scripts/tables.ts"\n`)
    process.exitCode = 1
  } else await writeFile(join(root, file), fresh)
}
