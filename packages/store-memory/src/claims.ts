import { type ClaimedItem, itemsReady, jobChanged, type Store } from '@fanlight/ports'
import { cancelSpent, hasEnded } from './endings.ts'
import { type Item, type Job, type State, send } from './state.ts'

export const claimMethods = (
  state: State,
): Pick<Store, 'renewLease' | 'claimItems' | 'waitingItems' | 'heldItems' | 'releaseExpired'> => ({
  async renewLease(owner, ttlMs) {
    state.leases.set(owner, state.clock.now() + ttlMs)
  },

  async claimItems(owner, limit, { lane } = {}) {
    if (!isAlive(state, owner)) return []
    const jobs = [...state.jobs.values()].filter(({ spec }) => lane === undefined || spec.lane === lane)
    const queues = jobs.filter((job) => job.state === 'running').map(queueOf)
    const claimed: ClaimedItem[] = []
    while (claimed.length < limit) {
      const queue = queues.filter(({ waiting }) => waiting.length > 0).sort(byTurn)[0]
      const item = queue?.waiting.shift()
      if (!queue || !item?.image) break
      queue.open += 1
      item.state = 'open'
      item.owner = owner
      const { project, id, spec } = queue.job
      claimed.push({ project, job: id, item: item.id, image: item.image, spec })
    }
    return claimed
  },

  async waitingItems(project, lane, atMost) {
    const jobs = [...state.jobs.values()].filter(
      (job) => job.project === project && job.state === 'running' && job.spec.lane === lane,
    )
    const items = jobs.flatMap((job) => [...job.items.values()].filter((item) => !hasEnded(item)))
    return Math.min(items.length, atMost)
  },

  async heldItems(owner) {
    return [...state.jobs.values()].flatMap((job) =>
      [...job.items.values()].flatMap(({ id, state: itemState, owner: holder, image }) => {
        if (itemState !== 'open' || holder !== owner || !image) return []
        return [{ project: job.project, job: job.id, item: id, image, spec: job.spec }]
      }),
    )
  },

  async releaseExpired({ everyone = false } = {}) {
    let items = 0
    const jobs = new Set<Job>()
    for (const job of state.jobs.values()) {
      for (const item of job.items.values()) {
        if (item.state !== 'open' || (!everyone && isAlive(state, item.owner))) continue
        item.state = 'waiting'
        item.owner = undefined
        items += 1
        jobs.add(job)
      }
    }
    const spent = new Set(cancelSpent(state, jobs))
    for (const owner of state.leases.keys()) if (!isAlive(state, owner)) state.leases.delete(owner)
    return {
      items,
      ...send(
        state,
        [...jobs].map((job) => (spent.has(job) ? jobChanged : itemsReady)(job.project, job.id)),
      ),
    }
  },
})

function isAlive(state: State, owner: string | undefined): boolean {
  const until = owner === undefined ? undefined : state.leases.get(owner)
  return until !== undefined && until > state.clock.now()
}

interface Queue {
  readonly job: Job
  readonly waiting: Item[]
  open: number
}

function queueOf(job: Job): Queue {
  const items = [...job.items.values()]
  const waiting = items.filter((item) => item.state === 'waiting')
  return { job, waiting, open: items.filter((item) => item.state === 'open').length }
}

/** `live` first, then the job with fewest open items, then the older job. */
function byTurn(a: Queue, b: Queue): number {
  const lane = Number(b.job.spec.lane === 'live') - Number(a.job.spec.lane === 'live')
  return lane || a.open - b.open || a.job.serial - b.job.serial
}
