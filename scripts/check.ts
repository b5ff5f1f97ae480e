// npm run check [-- --static]: all that CI does. Every check runs, whatever the others say; the last line is the one
// of `npm test`, with failed checks counted among the failures.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Counts, green, red } from './reporter.ts'
import { root } from './suites.ts'
import { countsLine, minutes, runTests } from './test.ts'

const bin = (path: string) => join(root, 'node_modules', path)

/** Each check is a program of Node's; it passes when it exits with 0. */
const checks: Readonly<Record<string, readonly string[]>> = {
  'format and lint (biome)': [bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings'],
  'types (tsc)': [bin('typescript/bin/tsc'), '-p', '.'],
  'import directions (dependency-cruiser)': [
    bin('dependency-cruiser/bin/dependency-cruiser.mjs'),
    ...['--config', '.dependency-cruiser.mjs', 'packages', 'services', 'test', 'scripts', 'bench'],
  ],
  'nothing unused, nothing unlisted (knip)': [bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'],
  'generated tables are fresh': [join(root, 'scripts/tables.ts'), '--check'],
}

async function runCheck(name: string, args: readonly string[]): Promise<boolean> {
  const start = Date.now()
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  const passed = code === 0
  process.stdout.write(`${passed ? green('✔') : red('✖')} ${name}, ${minutes(Date.now() - start)}\n`)
  if (!passed) process.stdout.write(`${output.trimEnd()}\n`)
  return passed
}

const start = Date.now()
const broken: string[] = []
for (const [name, args] of Object.entries(checks)) if (!(await runCheck(name, args))) broken.push(name)

const none: Counts = { passed: 0, failed: 0, skipped: 0 }
const tests = process.argv.includes('--static') ? none : await runTests([])
const checked = Object.keys(checks).length
if (broken.length > 0) process.stdout.write(red(`\nchecks that failed: ${broken.join(', ')}\n`))
process.stdout.write(`\n${checked} checks and all suites: ${minutes(Date.now() - start)}\n`)
const total = { ...tests, passed: tests.passed + checked - broken.length, failed: tests.failed + broken.length }
process.stdout.write(`${countsLine(total)}\n`)
process.exitCode = total.failed > 0 ? 1 : 0
