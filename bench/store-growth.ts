// What an item costs a store in which a big job has grown ÷ what it costs a new one: added, claimed, opened, asked,
// answered, ended, counted.
//   npm run bench -- store-growth [ITEMS]

import {
  type ExplanationResult,
  explanationId,
  hashOf,
  type ImageRef,
  itemId,
  type JobSpec,
  sha256,
  shardRef,
} from '@fanlight/contracts'
import { startPeer } from '@fanlight/peers'
import type { ClaimedItem, Sends, Store } from '@fanlight/ports'
import { openPostgres } from '@fanlight/store'
import { Client } from 'pg'
import { median, printMachine } from './machine.ts'

const WORKERS = 4
const ADDED_AT_ONCE = 100
const ITEMS_A_ROUND = 100
const ROUNDS = 6
const SHARDS = 4
const P = 'bench'
const JOB = 'growth'
const count = Number(process.argv[2] ?? 20_000)

printMachine(`the store after ${count} items ÷ a new one`)
await using peer = await startPeer('postgres', { durable: false })
await using fresh = await openPostgres({ url: await newDatabase('fresh') })
await using grown = await openPostgres({ url: await newDatabase('grown') })
const spec = specOf()
const phases = { fresh: new Map<string, number[]>(), grown: new Map<string, number[]>() }

for (const store of [fresh, grown]) await store.createJob({ project: P, id: JOB, name: JOB, spec })
await live(grown, new Map(), 0, count)
// The new one has its first plans and statistics, too.
await live(fresh, new Map(), 0, 2 * ITEMS_A_ROUND)
for (let round = 0; round < ROUNDS; round++) {
  await live(fresh, phases.fresh, (2 + round) * ITEMS_A_ROUND, ITEMS_A_ROUND)
  await live(grown, phases.grown, count + round * ITEMS_A_ROUND, ITEMS_A_ROUND)
}
await grown.sealJob(P, JOB)
const job = await grown.getJob(P, JOB)
const all = count + ROUNDS * ITEMS_A_ROUND
if (job?.state !== 'done' || job.items.done !== all || job.endedForwards !== 100 * all)
  throw new Error(JSON.stringify(job))
report()

type Times = Map<string, number[]>

/** Whole lives of some more items, by several workers at once. */
async function live(store: Store, times: Times, from: number, items: number): Promise<void> {
  for (let i = 0; i < items; i += ADDED_AT_ONCE) {
    const added = Array.from({ length: Math.min(ADDED_AT_ONCE, items - i) }, (_, k) => itemOf(from + i + k))
    await marked(store, times, 'add', () => store.addItems(P, JOB, added))
  }
  let done = 0
  const work = async (owner: string) => {
    await store.renewLease(owner, 60_000)
    for (;;) {
      await timed(times, 'lease', () => store.renewLease(owner, 60_000))
      const [claim] = await timed(times, 'claim', () => store.claimItems(owner, 1))
      if (!claim) return
      await timed(times, 'item', () => explain(store, times, claim))
      done += 1
      if (done % 20 === 0) await timed(times, 'getJob', () => store.getJob(P, JOB))
      if (done % 50 === 0) await timed(times, 'sweep', () => sweep(store, owner))
      if (done % 2_000 === 0) console.error(`${done} items`)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(`worker ${worker}`)))
}

async function sweep(store: Store, owner: string): Promise<void> {
  await store.releaseExpired()
  await store.stalled(60_000, 100)
  await store.unsent(60_000, 100)
  await store.uncounted(60_000, 100)
  await store.heldItems(owner)
}

/** One explanation of two questions. */
async function explain(store: Store, times: Times, claim: ClaimedItem): Promise<void> {
  const method = spec.methods[0]!
  const { image, item } = claim
  const id = explanationId({ image: image.sha256, detector: spec.detector.id, policy: spec.policy, method, seed: 1 })
  await timed(times, 'open', () => store.openExplanation(claim, { id, image, method, spec }))
  for (const [ordinal, shards] of [1, SHARDS].entries()) {
    const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
    const messages = (plan: readonly number[]) => plan.slice(1).map((_, i) => ({ topic: 'q', key: `${i}`, body: '{}' }))
    const plan = Array.from({ length: shards + 1 }, (_, i) => i * 10)
    const asked = { project: P, explanation: id, ordinal, hash: hashOf(ordinal), question, plan, messages }
    await marked(store, times, 'ask', () => store.askQuestion(asked))
    for (let shard = 0; shard < shards; shard++) {
      const ref = shardRef(asked, shard)
      await timed(times, 'start', () => store.startShard(ref))
      const answer = { kind: 'score', values: 'A'.repeat(2_000) } as const
      const outcome = { ok: true, answer, executionClass: 'cpu' } as const
      await marked(store, times, 'answer', () => store.storeAnswer(ref, outcome, { forwards: 10, durationMs: 1 }))
    }
    await timed(times, 'read', () => store.readExplanation(P, id))
  }
  await marked(store, times, 'end', () => store.endExplanation(P, id, { ok: true, result: resultOf(id) }))
  const counted = [{ target: 't', method: 'drise', aggregates: [{ key: 'class=person', sums: [1n, 2n] }] }]
  await timed(times, 'count', () => store.countTargets(P, JOB, item, id, counted))
}

async function timed<T>(times: Times, phase: string, call: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const value = await call()
  const durations = times.get(phase) ?? []
  if (durations.push(performance.now() - began) === 1) times.set(phase, durations)
  return value
}

/** With the messages that it leaves sent at once. */
async function marked(store: Store, times: Times, phase: string, call: () => Promise<Sends>): Promise<void> {
  await timed(times, phase, async () => {
    const { outbox } = await call()
    if (outbox.length > 0) await store.markSent(outbox.map(({ id }) => id))
  })
}

/** Both were asked by turns, so that what else the machine did is in both. */
function report(): void {
  console.log('| ms, median | new | grown | ratio |\n| --- | --- | --- | --- |')
  for (const [phase, durations] of phases.fresh) {
    const [first, last] = [median(durations), median(phases.grown.get(phase) ?? [])]
    console.log(`| ${phase} | ${first.toFixed(3)} | ${last.toFixed(3)} | ${(last / first).toFixed(3)} |`)
  }
}

async function newDatabase(name: string): Promise<string> {
  const client = new Client({ connectionString: peer.url })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return Object.assign(new URL(peer.url), { pathname: `/${name}` }).href
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
