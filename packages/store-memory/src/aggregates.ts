import { type AggregateRow, type CountedTarget, InputError, type Store, storable } from '@fanlight/ports'
import { compareText } from './paging.ts'
import { explanationOf, type Item, type Job, jobOf, keyOf, type State } from './state.ts'

type AggregateMethods = Pick<Store, 'countTargets' | 'uncounted' | 'listAggregates' | 'countedTargets'>

export const aggregateMethods = (state: State): AggregateMethods => ({
  async countTargets(project, jobId, itemId, explanationId, targets) {
    const item = jobOf(state, project, jobId)?.items.get(itemId)
    const explanation = explanationOf(state, project, explanationId)
    const link = explanation && item?.links.get(explanation)
    // A late message does not bring a forgotten item back.
    if (!item || !link) return
    const added = new Map<string, CountedTarget>()
    for (const counted of targets) {
      const key = keyOf(storable(counted.method), storable(counted.target))
      if (!item.counted.has(key) && !added.has(key)) added.set(key, counted)
    }
    move(item.job, added.values(), 1n)
    for (const [key, counted] of added) item.counted.set(key, counted)
    link.counted = true
  },

  async uncounted(olderThanMs, limit) {
    const before = state.clock.now() - olderThanMs
    return [...state.explanations.values()]
      .filter((explanation) => explanation.state === 'done' && explanation.endedAt! <= before)
      .sort((a, b) => a.endedAt! - b.endedAt!)
      .flatMap((explanation) =>
        [...explanation.items]
          .filter((item) => item.state !== 'cancelled' && !item.links.get(explanation)?.counted)
          .map(({ job, id }) => ({ project: job.project, job: job.id, item: id, explanation: explanation.id })),
      )
      .slice(0, limit)
  },

  async listAggregates(project, jobId) {
    const rows = [...(jobOf(state, project, jobId)?.aggregates.values() ?? [])]
    return rows.sort((a, b) => compareText(a.method, b.method) || compareText(a.key, b.key))
  },

  async countedTargets(project, jobId) {
    let targets = 0
    for (const item of jobOf(state, project, jobId)?.items.values() ?? []) targets += item.counted.size
    return targets
  },
})

/** Takes an item's targets out of its job's aggregates again. */
export function uncountItem({ job, counted }: Item): void {
  move(job, counted.values(), -1n)
  counted.clear()
}

/** All or nothing: a delta of another length than its aggregate's changes none. */
function move(job: Job, targets: Iterable<CountedTarget>, sign: 1n | -1n): void {
  const moved = new Map<string, AggregateRow>()
  for (const { method: name, aggregates } of targets) {
    const method = storable(name)
    const keys = new Set<string>()
    for (const { key: given, sums } of aggregates) {
      const key = storable(given)
      const at = keyOf(method, key)
      const before = moved.get(at) ?? job.aggregates.get(at) ?? { method, key, targets: 0, sums: sums.map(() => 0n) }
      if (before.sums.length !== sums.length) throw unequal(method, key, before.sums.length, sums.length)
      const after = before.sums.map((sum, i) => sum + sign * sums[i]!)
      moved.set(at, { method, key, targets: before.targets + (keys.has(key) ? 0 : Number(sign)), sums: after })
      keys.add(key)
    }
  }
  for (const [at, row] of moved) {
    if (row.targets === 0) job.aggregates.delete(at)
    else job.aggregates.set(at, row)
  }
}

const unequal = (method: string, key: string, is: number, given: number) =>
  new InputError(
    'MESSAGE_INVALID',
    `aggregate ${method} ${JSON.stringify(key)} has ${is} sums, not ${given}: raise the method's version`,
  )
