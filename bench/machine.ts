import { execFileSync } from 'node:child_process'
import { cpus, totalmem, version } from 'node:os'

/** What a figure is worth nothing without. */
export function printMachine(title: string): void {
  const cores = cpus()
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  console.log(`# ${title}`)
  console.log(
    `${new Date().toISOString().slice(0, 10)} · commit ${commit} · ${cores.length} × ${cores[0]?.model} · ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB · Node ${process.version} · ${version()}`,
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Median and range, for a table. */
export function spread(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${median(values).toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)}, n = ${values.length})`
}
