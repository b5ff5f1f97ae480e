import type { Cluster } from '@fanlight/cluster'
import pidusage from 'pidusage'
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
  #waiting: { done: number; reached: () => void }[] = []

  async add(done: number, { services }: Cluster, answersMiB: number): Promise<void> {
    const residentMiB: Record<string, number> = {}
    let cpuMs = 0
    for (const { name, pid } of services) {
      const pids = pid === undefined ? [] : [pid, ...(await childrenOf(pid))]
      for (const usage of await Promise.all(pids.map((each) => pidusage(each)))) {
        residentMiB[name] = (residentMiB[name] ?? 0) + usage.memory / 2 ** 20
        cpuMs += usage.ctime
      }
    }
    this.moments.push({ atMs: performance.now(), done, cpuMs, answersMiB, residentMiB })
    this.#waiting = this.#waiting.filter((each) => {
      if (done >= each.done) each.reached()
      return done < each.done
    })
  }

  /** Resolves when so many images have ended. */
  reaches(done: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ done, reached: resolve })
    return promise
  }

  /** What an image cost from one moment to another. Both are seen moments: those next after so many images. */
  static between(moments: readonly Moment[], from: number, to: number) {
    const next = (done: number) => moments.find((moment) => moment.done >= done) ?? moments.at(-1)!
    const [first, last] = [next(from), next(to)]
    const images = Math.max(1, last.done - first.done)
    return { last, ms: (last.atMs - first.atMs) / images, cpuMs: (last.cpuMs - first.cpuMs) / images }
  }
}
