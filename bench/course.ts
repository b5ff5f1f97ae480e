import type { Cluster } from '@fanlight/cluster'
import pidusage from 'pidusage'
import { median } from './machine.ts'
import { childrenOf } from './processes.ts'

export interface Moment {
  readonly atMs: number
  /** Images that have ended. */
  readonly done: number
  /** CPU time of all services so far. */
  readonly cpuMs: number
  readonly answersMiB: number
  /** By service: all its processes, with their children. */
  readonly residentMiB: Readonly<Record<string, number>>
}

/** How a long job goes, as it was seen from time to time. */
export class Course {
  readonly moments: Moment[] = []
  isOver = false
  /** By process. */
  readonly #cpuMs = new Map<number, number>()
  #waiting: { done: number; reached: () => void }[] = []

  async add(done: number, { services }: Cluster, answersMiB: number): Promise<void> {
    const residentMiB: Record<string, number> = {}
    for (const { name, pid } of services) {
      residentMiB[name] ??= 0
      const pids = pid === undefined ? [] : [pid, ...(await childrenOf(pid))]
      for (const each of pids) {
        // One that just ended tells nothing more: what it took so far stays counted.
        const usage = await pidusage(each).catch(() => undefined)
        if (usage) this.#cpuMs.set(each, usage.ctime)
        residentMiB[name] += (usage?.memory ?? 0) / 2 ** 20
      }
    }
    const cpuMs = [...this.#cpuMs.values()].reduce((sum, each) => sum + each, 0)
    this.moments.push({ atMs: performance.now(), done, cpuMs, answersMiB, residentMiB })
    for (const each of this.#waiting) if (done >= each.done) each.reached()
    this.#waiting = this.#waiting.filter((each) => done < each.done)
  }

  /** Resolves when so many images have ended. */
  reaches(done: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ done, reached: resolve })
    return promise
  }

  /** What an image cost from one moment to another, both next after so many images; sizes are medians between them. */
  static between(moments: readonly Moment[], from: number, to: number) {
    const next = (done: number) => moments.find((moment) => moment.done >= done) ?? moments.at(-1)!
    const [first, last] = [next(from), next(to)]
    const images = Math.max(1, last.done - first.done)
    const seen = moments.slice(moments.indexOf(first), moments.indexOf(last) + 1)
    const sizes = Object.keys(last.residentMiB).map((name) => [
      name,
      median(seen.map(({ residentMiB }) => residentMiB[name] ?? 0)),
    ])
    return {
      done: last.done,
      answersMiB: last.answersMiB,
      residentMiB: Object.fromEntries(sizes) as Readonly<Record<string, number>>,
      ms: (last.atMs - first.atMs) / images,
      cpuMs: (last.cpuMs - first.cpuMs) / images,
    }
  }
}
