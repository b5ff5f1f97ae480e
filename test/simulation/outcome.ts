import assert from 'node:assert/strict'
import { hashOf, sha256 } from '@fanlight/contracts'
import { decodeTranscript, methodNamed, recordOf, replayTranscript } from '@fanlight/explain'
import { decodeNpy } from '@fanlight/image/npy'
import { deltasOf } from '@fanlight/insight'
import type { ArtifactStore, ItemExplanation, ItemRow, Store } from '@fanlight/ports'
import type { AnswerLog } from './answer-log.ts'

/** What a history left behind, as text that can be compared, and what is wrong with it by itself. */
export interface Outcome {
  readonly finished: boolean
  /** Virtual time until the jobs had ended. */
  readonly endedAtMs: number
  /** Items, failures, maps and aggregates: the same in every history whose answers are the same. */
  readonly signature: string
  /** Broken invariants that need no other history to be seen. */
  readonly broken: readonly string[]
  readonly trace: readonly string[]
}

interface Observed {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly log: AnswerLog
  readonly project: string
  readonly jobs: readonly string[]
  readonly trace: readonly string[]
  readonly finished: boolean
  readonly endedAtMs: number
}

export async function observe(seen: Observed): Promise<Outcome> {
  const { store, project, jobs, trace, finished, endedAtMs } = seen
  const lines: string[] = []
  const broken: string[] = []
  if (!finished) broken.push('lost: the jobs never ended')
  for (const job of jobs) {
    const summary = await store.getJob(project, job)
    lines.push(`job ${job} ${summary?.state} ${JSON.stringify(summary?.items)}`)
    const expected = new Tally()
    for (const item of (await store.listItems(project, job, { limit: 1000 })).rows) {
      lines.push(`item ${item.name} ${item.state} ${item.failure?.code ?? ''}`)
      for (const made of await store.listExplanations(project, job, item.id)) {
        lines.push(
          `explanation ${made.explanation} ${made.state} ${made.failure?.code ?? ''} ${JSON.stringify(made.result)}`,
        )
        if (made.state === 'done') broken.push(...(await examine(seen, item, made, expected)))
      }
    }
    const aggregates = await store.listAggregates(project, job)
    lines.push(
      ...aggregates.map(({ method, key, targets, sums }) => `sum ${method} ${key} ${targets} ${sums.join(' ')}`),
    )
    const counted = await store.countedTargets(project, job)
    if (counted !== expected.targets) broken.push(`${job}: ${counted} targets are counted of ${expected.targets}`)
    const sums = aggregates.map(({ method, key, sums: row }) => `${method} ${key} ${row.join(' ')}`)
    if (hashOf(sums) !== hashOf(expected.lines()))
      broken.push(`${job}: the aggregates are not the sum of their targets`)
  }
  return { finished, endedAtMs, signature: lines.join('\n'), broken, trace }
}

/** Sums over the results themselves, by another way than the aggregator's. */
class Tally {
  targets = 0
  readonly #sums = new Map<string, bigint[]>()

  add(key: string, sums: readonly bigint[]): void {
    const row = this.#sums.get(key) ?? sums.map(() => 0n)
    this.#sums.set(
      key,
      row.map((value, i) => value + sums[i]!),
    )
  }

  lines(): string[] {
    return [...this.#sums].map(([key, row]) => `${key} ${row.join(' ')}`).sort()
  }
}

/** First stored answer wins, and the maps are what follows from the answers: byte for byte. */
async function examine(seen: Observed, item: ItemRow, made: ItemExplanation, expected: Tally): Promise<string[]> {
  const { artifacts, log } = seen
  const broken: string[] = []
  const result = made.result!
  const transcript = await decodeTranscript(await artifacts.get(result.transcript))
  for (const [ordinal, { answer }] of transcript.questions.entries()) {
    if (!same(() => assert.deepEqual(answer, log.answerTo(made.explanation, ordinal)))) {
      broken.push(`${item.name}: answer ${ordinal} of the transcript is not the first one stored`)
    }
  }
  const again = replayTranscript(methodNamed(made.method.name), transcript)
  assert.equal(again.attributions.length, result.attributions.length)
  for (const [i, record] of result.attributions.entries()) {
    const { record: remade, files } = recordOf(again.attributions[i]!, again)
    if (hashOf(remade) !== hashOf(record)) broken.push(`${item.name}: map ${i} is not what its transcript gives`)
    for (const bytes of files) {
      if (!(await artifacts.has(sha256(bytes)))) broken.push(`${item.name}: a file of map ${i} is not stored`)
    }
    const { data, shape } = decodeNpy(await artifacts.get(record.map.sha256))
    const deltas = deltasOf(record, { data, height: shape[0]!, width: shape[1]! }, result)
    for (const { key, sums } of deltas) expected.add(`${made.method.name} ${key}`, sums)
    expected.targets += 1
  }
  return broken
}

/** @param compare throws where things differ, or do not even fit together */
function same(compare: () => void): boolean {
  try {
    compare()
    return true
  } catch {
    return false
  }
}
