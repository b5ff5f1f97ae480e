import { hashOf, type JobSummary } from '@fanlight/contracts'
import type { Bus, Store } from '@fanlight/ports'
import { consume, type Logger } from '@fanlight/service-kit'

/** A job's progress, and a name for it: the same name means nothing has changed. */
export interface Progress {
  readonly id: string
  readonly job: Omit<JobSummary, 'spec'>
}

type Listener = (progress: Progress) => void

interface Watched {
  readonly listeners: Set<Listener>
  last: Progress | undefined
  timer: NodeJS.Timeout | undefined
  dueAt: number
}

const GAP_MS = 250
const RUNNING_MS = 1000
const RESTING_MS = 5000

/**
 * Reads a job's progress once for all who watch it: when it is said to have changed (at most every 250 ms), and each
 * second while it runs, since answers that come in are not announced.
 */
export function watchJobs({
  store,
  bus,
  project,
  logger,
}: {
  store: Store
  bus: Bus
  project: string
  logger: Logger
}) {
  const jobs = new Map<string, Watched>()
  let subscription: AsyncDisposable | undefined

  function schedule(job: string, watched: Watched, delayMs: number): void {
    const dueAt = Date.now() + delayMs
    if (watched.timer && watched.dueAt <= dueAt) return
    clearTimeout(watched.timer)
    watched.dueAt = dueAt
    watched.timer = setTimeout(() => void check(job, watched), delayMs)
  }

  async function check(job: string, watched: Watched): Promise<void> {
    watched.timer = undefined
    try {
      const progress = await read(job)
      if (progress && progress.id !== watched.last?.id) {
        watched.last = progress
        for (const listener of watched.listeners) listener(progress)
      }
    } catch (error) {
      logger.warn({ error, job }, 'gateway.watch-failed')
    }
    if (watched.listeners.size > 0)
      schedule(job, watched, watched.last?.job.state === 'running' ? RUNNING_MS : RESTING_MS)
  }

  async function read(job: string): Promise<Progress | undefined> {
    const summary = await store.getJob(project, job)
    if (!summary) return undefined
    const { spec: _, ...progress } = summary
    return { id: hashOf(progress).slice(0, 16), job: progress }
  }

  function ring(job: string): void {
    const watched = jobs.get(job)
    if (watched) schedule(job, watched, GAP_MS)
  }

  return {
    ring,
    read,
    /** @returns how to stop */
    watch(job: string, known: Progress, listener: Listener): () => void {
      const watched = jobs.get(job) ?? { listeners: new Set(), last: known, timer: undefined, dueAt: 0 }
      jobs.set(job, watched)
      watched.listeners.add(listener)
      schedule(job, watched, GAP_MS)
      return () => {
        watched.listeners.delete(listener)
        if (watched.listeners.size > 0) return
        clearTimeout(watched.timer)
        if (jobs.get(job) === watched) jobs.delete(job)
      }
    },
    /** How many listen, over all jobs. */
    count: () => [...jobs.values()].reduce((sum, { listeners }) => sum + listeners.size, 0),
    async open(): Promise<void> {
      subscription = await consume(bus, { topics: ['jobs.changed'], group: 'gateway' }, async (changed) => {
        if (changed.project === project) ring(changed.job)
      })
    },
    async close(): Promise<void> {
      for (const { timer } of jobs.values()) clearTimeout(timer)
      jobs.clear()
      await subscription?.[Symbol.asyncDispose]()
    },
  }
}
