import { readFile, writeFile } from 'node:fs/promises'
import type { Disturbance } from './disturbance.ts'

/** The faults that happened: this process and its victims write them into one file. */
export class Tally {
  readonly file: string
  /** Whether processes that start are to die at a point. */
  armed = false

  constructor(file: string) {
    this.file = file
  }

  clear(): Promise<void> {
    return writeFile(this.file, '')
  }

  async note(disturbance: Disturbance): Promise<void> {
    const { kind } = disturbance
    const line =
      kind === 'server'
        ? { kind: 'server killed', what: disturbance.server }
        : { kind: kind === 'kill' ? 'killed at random' : pauseName(disturbance.ms), what: disturbance.service }
    await writeFile(this.file, `${JSON.stringify(line)}\n`, { flag: 'a' })
  }

  async counts(): Promise<Record<string, Record<string, number>>> {
    const counts: Record<string, Record<string, number>> = {}
    for (const line of (await readFile(this.file, 'utf8')).split('\n').filter(Boolean)) {
      const { kind, label, what } = JSON.parse(line) as { kind: string; label?: string; what: string }
      const name = kind === 'killed at a point' ? `${label?.replace(/-\d+$/, '')}: ${what}` : what.replace(/-\d+$/, '')
      counts[kind] = { ...counts[kind], [name]: (counts[kind]?.[name] ?? 0) + 1 }
    }
    return counts
  }

  async kills(): Promise<number> {
    const counts = await this.counts()
    const sumOf = (kind: string) => Object.values(counts[kind] ?? {}).reduce((sum, count) => sum + count, 0)
    return sumOf('killed at random') + sumOf('killed at a point')
  }
}

const pauseName = (ms: number) => (ms > 15_000 ? 'stood still beyond its lease' : 'stood still')
