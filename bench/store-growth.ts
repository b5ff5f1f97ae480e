// What an item costs the store at the end of a big job ÷ at its start: added, claimed, opened, asked, answered, ended, counted.
//   npm run bench -- store-growth [ITEMS]

import {
  type ExplanationResult,
  explanationId,
  hashOf,
  type ImageRef,
  itemId,
  type JobSpec,
  sha256,
} from '@fanlight/contracts'
import { startPeer } from '@fanlight/peers'
import type { ClaimedItem, Sends, Store } from '@fanlight/ports'
import { openPostgres } from '@fanlight/store'
import { median, printMachine } from './machine.ts'

const WORKERS = 4
const ADDED_AT_ONCE = 500
const SHARDS = 4
const P = 'bench'
const JOB = 'growth'
const count = Number(process.argv[2] ?? 20_000)

printMachine(`the store over ${count} items`)
await using peer = process.env.TEST_POSTGRES_URL ? undefined : await startPeer('postgres', { durable: false })
await using store = await openPostgres({ url: process.env.TEST_POSTGRES_URL ?? peer!.url })
const spec = specOf()
const phases = new Map<string, { item: number; ms: number }[]>()

await store.createJob({ project: P, id: JOB, name: JOB, spec })
for (let i = 0; i < count; i += ADDED_AT_ONCE) {
  const items = Array.from({ length: Math.min(ADDED_AT_ONCE, count - i) }, (_, k) => itemOf(i + k))
  const began = performance.now()
  const { outbox } = await store.addItems(P, JOB, items)
  await store.markSent(outbox.map(({ id }) => id))
  record('add', i, (performance.now() - began) / items.length)
}
await store.sealJob(P, JOB)
let done = 0
await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(`worker ${worker}`)))
const job = await store.getJob(P, JOB)
if (job?.state !== 'done' || job.items.done !== count || job.endedForwards !== 100 * count)
  throw new Error(JSON.stringify(job))
report()

async function work(owner: string): Promise<void> {
  for (;;) {
    await timed('lease', () => store.renewLease(owner, 60_000))
    const [claim] = await timed('claim', () => store.claimItems(owner, 1))
    if (!claim) return
    const began = performance.now()
    await explain(store, claim)
    record('item', done, performance.now() - began)
    done += 1
    if (done % 100 === 0) await timed('getJob', () => store.getJob(P, JOB))
    if (done % 500 === 0) {
      await timed('sweep', async () => {
        await store.releaseExpired()
        await store.stalled(60_000, 100)
        await store.unsent(60_000, 100)
        await store.uncounted(60_000, 100)
        await store.heldItems(owner)
      })
    }
    if (done % 2_000 === 0) console.error(`${done} items`)
  }
}

/** One explanation of two questions. */
async function explain(store: Store, claim: ClaimedItem): Promise<void> {
  const method = spec.methods[0]!
  const { image, item } = claim
  const id = explanationId({ image: image.sha256, detector: spec.detector.id, policy: spec.policy, method, seed: 1 })
  await timed('open', () => store.openExplanation(claim, { id, image, method, spec }))
  for (const [ordinal, shards] of [1, SHARDS].entries()) {
    const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
    const messages = (plan: readonly number[]) => plan.slice(1).map((_, i) => ({ topic: 'q', key: `${i}`, body: '{}' }))
    const plan = Array.from({ length: shards + 1 }, (_, i) => i * 10)
    const asked = { project: P, explanation: id, ordinal, hash: hashOf(ordinal), question, plan, messages }
    await marked('ask', () => store.askQuestion(asked))
    for (let shard = 0; shard < shards; shard++) {
      const ref = { project: P, explanation: id, ordinal, shard }
      await timed('start', () => store.startShard(ref))
      const answer = { kind: 'score', values: 'A'.repeat(2_000) } as const
      const outcome = { ok: true, answer, executionClass: 'cpu' } as const
      await marked('answer', () => store.storeAnswer(ref, outcome, { forwards: 10, durationMs: 1 }))
    }
    await timed('read', () => store.readExplanation(P, id))
  }
  await marked('end', () => store.endExplanation(P, id, { ok: true, result: resultOf(id) }))
  const counted = [{ target: 't', method: 'drise', aggregates: [{ key: 'class=person', sums: [1n, 2n] }] }]
  await timed('count', () => store.countTargets(P, JOB, item, id, counted))
}

async function timed<T>(phase: string, call: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const value = await call()
  record(phase, done, performance.now() - began)
  return value
}

/** With the messages that it leaves sent at once. */
async function marked(phase: string, call: () => Promise<Sends>): Promise<void> {
  await timed(phase, async () => {
    const { outbox } = await call()
    if (outbox.length > 0) await store.markSent(outbox.map(({ id }) => id))
  })
}

function record(phase: string, item: number, ms: number): void {
  const rows = phases.get(phase)
  if (rows) rows.push({ item, ms })
  else phases.set(phase, [{ item, ms }])
}

/**
 * The second tenth against the last: the first one warms up. Each ratio is also given over that of a lease's renewal,
 * which touches one row of a small table, whatever there is besides: what the machine had to do meanwhile is in both.
 */
function report(): void {
  const control = windowsOf(phases.get('lease')!)
  console.log('| ms, median | at the start | at the end | ratio | ÷ that of a lease |\n| --- | --- | --- | --- | --- |')
  for (const [phase, rows] of phases) {
    const { first, last } = windowsOf(rows)
    const ratio = last / first
    const cells = [
      first.toFixed(3),
      last.toFixed(3),
      ratio.toFixed(3),
      (ratio / (control.last / control.first)).toFixed(3),
    ]
    console.log(`| ${phase} | ${cells.join(' | ')} |`)
  }
}

function windowsOf(rows: readonly { item: number; ms: number }[]): { first: number; last: number } {
  const within = (from: number, to: number) =>
    median(rows.filter(({ item }) => item >= from * count && item < to * count).map(({ ms }) => ms))
  return { first: within(0.1, 0.2), last: within(0.9, 1) }
}

function resultOf(id: string): ExplanationResult {
  const target = { id: sha256(`target of ${id}`), class: 0, label: 'person', score: 0.9, objective: 'score' } as const
  const record = {
    target: { ...target, box: [0, 0, 10, 10] as [number, number, number, number] },
    map: { sha256: sha256(`map of ${id}`), shape: [16, 16] as [number, number] },
    forwards: 100,
    fullValue: 0.9,
    emptyValue: 0.1,
    unexplainable: false,
    stability: 0.8,
    priorShare: 0,
    inBoxEnergy: 0.5,
  }
  const transcript = sha256(`transcript of ${id}`)
  return {
    width: 64,
    height: 64,
    attributions: [record],
    targetsCut: 0,
    transcript,
    executionClass: 'cpu',
    forwards: 100,
  }
}

function itemOf(i: number) {
  const name = `${i}.jpg`
  const image: ImageRef = { sha256: sha256(name), uri: `file:///photos/${name}`, bytes: 1 }
  return { id: itemId(JOB, name), name, image, slice: {} }
}

function specOf(): JobSpec {
  return {
    detector: {
      id: sha256('detector'),
      name: 'tiny',
      sha256: sha256('onnx'),
      uri: '/models/tiny.onnx',
      descriptor: {
        family: 'yolox',
        familyVersion: 1,
        inputName: 'images',
        width: 64,
        height: 64,
        preprocess: { channels: 'BGR', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
        classNames: ['person'],
        strides: [8, 16, 32],
        anchors: [],
        nmsIou: 0.45,
      },
    },
    methods: [{ name: 'drise', version: 1, params: {} }],
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 20, objectives: ['score'] },
    seed: 1,
    lane: 'bulk',
  }
}
