import { artifactsOf } from '@fanlight/contracts'
import type { ItemExplanation } from '@fanlight/ports'
import { type Ports, patiently } from './ports.ts'
import { PROJECT, type Work } from './work.ts'

/** Everything final that work left behind, by name; of artifacts the name is their hash and the value their bytes. */
export interface Outcome {
  readonly facts: ReadonlyMap<string, string>
  readonly artifacts: ReadonlyMap<string, Uint8Array>
  /** Item rows that ended well, and targets counted. */
  readonly itemsDone: number
  readonly targetsCounted: number
}

export const isOver = (ports: Ports, { jobs }: Work): Promise<boolean> =>
  patiently(async () => {
    for (const { job } of jobs) {
      const now = await ports.store.getJob(PROJECT, job.id)
      if (now?.state !== 'done') return false
    }
    // Counting comes last, an explanation at a time.
    return (await ports.store.uncounted(0, 1)).length === 0
  })

export const observe = (ports: Ports, work: Work): Promise<Outcome> => patiently(() => look(ports, work))

async function look({ store, artifacts }: Ports, { jobs }: Work): Promise<Outcome> {
  const facts = new Map<string, string>()
  const bytes = new Map<string, Uint8Array>()
  let [itemsDone, targetsCounted] = [0, 0]
  for (const { job } of jobs) {
    const summary = await store.getJob(PROJECT, job.id)
    const { state, items, targets, itemsWithoutTargets, endedForwards, sealed } = summary ?? {}
    facts.set(`job ${job.id}`, JSON.stringify({ state, items, targets, itemsWithoutTargets, endedForwards, sealed }))
    for (const item of (await store.listItems(PROJECT, job.id, { limit: 1000 })).rows) {
      if (item.state === 'done') itemsDone += 1
      facts.set(`item ${job.id} ${item.name}`, `${item.id} ${item.state} ${JSON.stringify(item.failure ?? null)}`)
      for (const made of await store.listExplanations(PROJECT, job.id, item.id)) {
        facts.set(`explanation ${job.id} ${item.name} ${made.explanation}`, describe(made))
        const keys = made.result ? artifactsOf(made.result) : []
        for (const key of keys) if (!bytes.has(key)) bytes.set(key, await artifacts.get(key))
      }
    }
    const counted = await store.countedTargets(PROJECT, job.id)
    targetsCounted += counted
    facts.set(`counted ${job.id}`, String(counted))
    for (const { method, key, targets, sums } of await store.listAggregates(PROJECT, job.id))
      facts.set(`aggregate ${job.id} ${method} ${key}`, `${targets}: ${sums.join(' ')}`)
  }
  return { facts, artifacts: bytes, itemsDone, targetsCounted }
}

/** All but how long it took. */
const describe = ({ state, method, result, failure }: ItemExplanation) =>
  JSON.stringify({ state, method, result: result ?? null, failure: failure ?? null })

export interface Comparison {
  /** Items and counted targets that are there without faults, and not with them. */
  readonly lost: number
  /** Targets counted beyond those of the undisturbed run. */
  readonly double: number
  readonly differing: readonly string[]
}

export function compare(expected: Outcome, actual: Outcome): Comparison {
  const differing: string[] = []
  for (const name of new Set([...expected.facts.keys(), ...actual.facts.keys()])) {
    const [before, after] = [expected.facts.get(name), actual.facts.get(name)]
    if (before !== after) differing.push(`${name}: ${shortOf(before)} ⇒ ${shortOf(after)}`)
  }
  for (const key of new Set([...expected.artifacts.keys(), ...actual.artifacts.keys()])) {
    const [before, after] = [expected.artifacts.get(key), actual.artifacts.get(key)]
    if (!before || !after || Buffer.compare(before, after) !== 0) differing.push(`artifact ${key}`)
  }
  const fewer = (count: 'itemsDone' | 'targetsCounted') => Math.max(0, expected[count] - actual[count])
  return {
    lost: fewer('itemsDone') + fewer('targetsCounted'),
    double: Math.max(0, actual.targetsCounted - expected.targetsCounted),
    differing,
  }
}

const shortOf = (text = 'nothing') => (text.length > 300 ? `${text.slice(0, 300)} …` : text)
