import { isDeepStrictEqual } from 'node:util'
import type { ItemState } from '@fanlight/contracts'
import { jobChanged, type NewOutboxMessage } from '@fanlight/ports'
import type { Explanation, Item, Job, State } from './state.ts'

export const hasEnded = ({ state }: Item): boolean => state === 'done' || state === 'failed' || state === 'cancelled'

/**
 * Ends the item if all its explanations have ended. One that has failed is settled anew: another job may have opened
 * what it shares, and that ended otherwise. @returns whether it moved
 */
export function settleItem(item: Item): boolean {
  if (item.state === 'done' || item.state === 'cancelled' || item.links.size < item.job.methodHashes.length)
    return false
  const explanations = linkedExplanations(item)
  if (explanations.some(({ state }) => state === 'open')) return false
  const failed = explanations.find(({ state }) => state === 'failed')
  if (item.state === 'failed' && isDeepStrictEqual(item.failure, failed?.failure)) return false
  item.state = failed ? 'failed' : 'done'
  item.failure = failed?.failure
  item.owner = undefined
  return true
}

/** A sealed job is done when its last item has ended. @returns whether it moved */
export function settleJob(state: State, job: Job): boolean {
  if (!job.sealed || job.state === 'done' || job.state === 'cancelled') return false
  if (![...job.items.values()].every(hasEnded)) return false
  job.state = 'done'
  job.endedAt = state.clock.now()
  return true
}

/** Ends what has not ended, for good. */
export function cancel(job: Job, now: number): void {
  job.state = 'cancelled'
  job.endedAt = now
  cancelItems(job, ['waiting', 'open'])
}

function cancelItems(job: Job, states: readonly ItemState[]): boolean {
  const items = [...job.items.values()].filter(({ state }) => states.includes(state))
  for (const item of items) {
    item.state = 'cancelled'
    item.owner = undefined
  }
  return items.length > 0
}

const isSpent = ({ spec: { budget }, spent }: Job): boolean => budget !== undefined && spent >= budget.forwards

/** Nothing is opened anew for a cancelled job, or for one whose budget is spent. */
export const mayReopen = (job: Job): boolean => job.state !== 'cancelled' && !isSpent(job)

/** Nothing waits in a job whose budget is spent. @returns the jobs of which an item was cancelled */
export function cancelSpent(state: State, jobs: Iterable<Job>): Job[] {
  const moved = [...jobs].filter((job) => isSpent(job) && cancelItems(job, ['waiting']))
  for (const job of moved) settleJob(state, job)
  return moved
}

/** Lets a job that was done run again. A cancelled one stays so. */
export function reopenJob(job: Job, { sealed }: { sealed: boolean }): void {
  if (job.state === 'cancelled') return
  job.sealed = sealed
  if (job.state !== 'done') return
  job.state = 'running'
  job.endedAt = undefined
}

/** Ends what can be ended of these items and their jobs, and says so once a job. */
export function settle(state: State, items: ReadonlySet<Item>): NewOutboxMessage[] {
  const moved = new Set<Job>()
  for (const item of items) if (settleItem(item)) moved.add(item.job)
  for (const job of cancelSpent(state, new Set([...items].map(({ job }) => job)))) moved.add(job)
  for (const job of moved) settleJob(state, job)
  return [...moved].map(({ project, id }) => jobChanged(project, id))
}

/** In the job's order of methods. */
export function linkedExplanations(item: Item): Explanation[] {
  return [...item.links].sort(([, a], [, b]) => a.position - b.position).map(([explanation]) => explanation)
}
