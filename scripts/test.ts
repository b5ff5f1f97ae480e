// npm test [-- NAME…]: runs the suites whose names contain one of the arguments, one after the other. The last line
// is `N passed, N failed, N skipped`.

import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { type Counts, dim, green, red, report, type SuiteReport } from './reporter.ts'
import { findSuites, type Suite } from './suites.ts'

const suiteLimitMs = 25 * 60_000

export async function runTests(filters: readonly string[]): Promise<Counts> {
  const suites = await findSuites(filters)
  const total: SuiteReport = { passed: 0, failed: 0, skipped: 0, reasons: new Map() }
  for (const suite of suites) {
    const result = await runSuite(suite)
    total.passed += result.passed
    total.failed += result.failed
    total.skipped += result.skipped
    for (const [reason, count] of result.reasons) total.reasons.set(reason, (total.reasons.get(reason) ?? 0) + count)
  }
  if (total.passed + total.failed === 0) {
    total.failed++
    print(red(`no test ran${filters.length > 0 ? `: no suite is named like ${filters.join(', ')}` : ''}\n`))
  }
  if (total.reasons.size > 0) print('\ndid without:\n')
  for (const [reason, count] of total.reasons)
    print(`  ${reason} ${dim(`(${count} ${count === 1 ? 'test' : 'tests'})`)}\n`)
  return total
}

async function runSuite({ name, files }: Suite): Promise<SuiteReport> {
  const start = Date.now()
  print(`▸ ${name}\n`)
  const signal = AbortSignal.timeout(suiteLimitMs)
  setMaxListeners(0, signal)
  const concurrency = Math.min(2, availableParallelism())
  const result = await report(run({ files: [...files], concurrency, isolation: 'process', signal }), print)
  const mark = result.failed > 0 ? red('✖') : green('✔')
  print(`${mark} ${name}: ${countsLine(result)}, ${minutes(Date.now() - start)}\n`)
  return result
}

export const countsLine = ({ passed, failed, skipped }: Counts) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`

export const minutes = (ms: number) => `${(ms / 60_000).toFixed(2)} min`

function print(text: string): void {
  process.stdout.write(text)
}

if (import.meta.main) {
  const start = Date.now()
  const counts = await runTests(process.argv.slice(2))
  print(`\nall suites: ${minutes(Date.now() - start)}\n${countsLine(counts)}\n`)
  process.exitCode = counts.failed > 0 ? 1 : 0
}
