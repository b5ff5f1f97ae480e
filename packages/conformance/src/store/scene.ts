import {
  type CutQuestion,
  cutPlan,
  type ExplanationResult,
  encodeFloat32,
  explanationId,
  forwardsOf,
  type ImageRef,
  itemId,
  type JobSpec,
  type Lane,
  type MethodSpec,
  type NewItem,
  type Outcome,
  type Question,
  questionHash,
  type ShardRef,
  sha256,
} from '@fanlight/contracts'
import type { ClaimedItem, CountedTarget, NewExplanation, OutboxMessage, Sends, Store } from '@fanlight/ports'
import type { ManualClock } from '../manual-clock.ts'

export interface Stage {
  readonly store: Store
  readonly clock: ManualClock
}

export const P = 'local'
export const LEASE_MS = 10_000

export const method = (name: string): MethodSpec => ({ name, version: 1, params: { forwards: 100 } })

export function jobSpec({ methods = ['drise'], lane = 'bulk' as Lane } = {}): JobSpec {
  return {
    detector: {
      id: sha256('detector'),
      name: 'yolo',
      sha256: sha256('onnx'),
      uri: '/models/yolo.onnx',
      descriptor: {
        family: 'yolox',
        familyVersion: 1,
        inputName: 'images',
        width: 416,
        height: 416,
        preprocess: {
          channels: 'BGR',
          mean: [0, 0, 0],
          std: [1, 1, 1],
          resize: 'letterbox-top-left',
          pad: [114, 114, 114],
        },
        classNames: ['person', 'boat'],
        strides: [8, 16, 32],
        anchors: [],
        nmsIou: 0.45,
      },
    },
    methods: methods.map(method),
    policy: { kind: 'detections', minScore: 0.3, maxTargets: 20, objectives: ['score'] },
    seed: 7,
    lane,
  }
}

export const image = (content: string): ImageRef => ({
  sha256: sha256(content),
  uri: `file:///photos/${encodeURIComponent(content)}`,
  bytes: content.length,
})

/** @param content whose bytes the item's image has; items of one content share explanations */
export function newItem(job: string, name: string, content = name): NewItem {
  return { id: itemId(job, name), name, image: image(content), slice: {} }
}

export interface JobOptions {
  readonly project?: string
  readonly methods?: string[]
  readonly lane?: Lane
  readonly seal?: boolean
}

/** Stores a job with one item a name. A name `a=b` is item `a` with the content of `b`. */
export async function startJob(
  { store }: Stage,
  job: string,
  names: string[],
  options: JobOptions = {},
): Promise<Sends> {
  const { project = P, seal = false, ...spec } = options
  await store.createJob({ project, id: job, name: `job ${job}`, spec: jobSpec(spec) })
  const sends = await store.addItems(
    project,
    job,
    names.map((name) => newItem(job, ...(name.split('=') as [string]))),
  )
  if (seal) await store.sealJob(project, job)
  return sends
}

export async function claim({ store }: Stage, limit = 100, owner = 'alice'): Promise<readonly ClaimedItem[]> {
  await store.renewLease(owner, LEASE_MS)
  return store.claimItems(owner, limit)
}

export async function claimOne(stage: Stage, owner = 'alice'): Promise<ClaimedItem> {
  const [first] = await claim(stage, 1, owner)
  if (!first) throw new Error('there was nothing to claim')
  return first
}

/** What the item wants of the job's nth method. */
export function explanationOf({ image, spec }: ClaimedItem, nth = 0): NewExplanation {
  const { detector, policy, seed } = spec
  const method = spec.methods[nth]!
  return {
    id: explanationId({ image: image.sha256, detector: detector.id, policy, method, seed }),
    image,
    method,
    spec,
  }
}

/** Claims the next item and opens its first explanation. */
export async function openOne(stage: Stage): Promise<{ claimed: ClaimedItem; explanation: NewExplanation }> {
  const claimed = await claimOne(stage)
  const explanation = explanationOf(claimed)
  await stage.store.openExplanation(claimed, explanation)
  return { claimed, explanation }
}

export const scoreQuestion = (count: number, seed = 1): Question => ({
  kind: 'score',
  targets: [{ box: [0, 0, 10, 10], class: 0 }],
  objectives: ['score'],
  minObjectness: 0,
  segments: { kind: 'grid', rows: 4, cols: 4, edges: 'hard' },
  fill: { kind: 'mean' },
  coalitions: [{ kind: 'random', count, first: 0, seed, probability: 0.5, shift: false }],
})

export interface AskOptions {
  readonly ordinal?: number
  readonly question?: Question
  readonly size?: number
}

/** Asks a question of three shards, unless told otherwise. @returns the shards of which messages were made */
export async function ask({ store }: Stage, explanation: string, options: AskOptions = {}) {
  const { ordinal = 0, question = scoreQuestion(30), size = 10 } = options
  const asked: { plan: readonly number[]; missing: readonly number[] }[] = []
  const sends = await store.askQuestion({
    project: P,
    explanation,
    ordinal,
    hash: questionHash(question),
    question,
    plan: cutPlan(question, size),
    messages(plan, missing) {
      asked.push({ plan, missing })
      return missing.map((shard) => ({
        topic: 'questions.bulk',
        key: `${ordinal}/${shard}`,
        body: JSON.stringify({ shard }),
        ...(shard % 2 === 1 && { place: shard / 64 }),
      }))
    },
  })
  cuts.set(`${explanation} ${ordinal}`, { hash: questionHash(question), plan: sends.plan })
  return { ...sends, asked }
}

/** How each question was cut when it was asked last. */
const cuts = new Map<string, Pick<CutQuestion, 'hash' | 'plan'>>()

/** A shard of the question that was asked there last; where none was, of the one that `ask` asks. */
export function ref(explanation: string, shard: number, ordinal = 0): ShardRef {
  const usual = { hash: questionHash(scoreQuestion(30)), plan: cutPlan(scoreQuestion(30), 10) }
  const { hash, plan } = cuts.get(`${explanation} ${ordinal}`) ?? usual
  const [from = 0, to = from + 1] = plan.slice(shard)
  return { project: P, explanation, ordinal, shard, hash, from, to }
}

export const good = (value: number, executionClass = 'cpu'): Outcome => ({
  ok: true,
  answer: { kind: 'score', values: encodeFloat32(Float32Array.of(value)) },
  executionClass,
})

export const bad = (message: string): Outcome => ({ ok: false, failure: { code: 'WORKER_CRASHED', message } })

export const MEASURED = { forwards: 10, durationMs: 5 }

export const storeGood = ({ store }: Stage, explanation: string, shard: number, value = shard) =>
  store.storeAnswer(ref(explanation, shard), good(value), MEASURED)

export function result(targets: string[], forwards = forwardsOf(scoreQuestion(30))): ExplanationResult {
  return {
    width: 640,
    height: 480,
    attributions: targets.map((name) => ({
      target: { id: sha256(name), box: [0, 0, 10, 10], class: 0, label: 'person', score: 0.9, objective: 'score' },
      map: { sha256: sha256(`map of ${name}`), shape: [48, 64] },
      interval: { map: { sha256: sha256(`interval of ${name}`), shape: [48, 64] }, level: 0.9 },
      forwards,
      fullValue: 0.9,
      emptyValue: 0.1,
      unexplainable: false,
      stability: 0.8,
      priorShare: 0,
      inBoxEnergy: 0.5,
    })),
    targetsCut: 0,
    transcript: sha256(`transcript of ${targets.join()}`),
    executionClass: 'cpu',
    forwards,
  }
}

export const endWell = ({ store }: Stage, explanation: string, targets: string[] = ['target']): Promise<Sends> =>
  store.endExplanation(P, explanation, { ok: true, result: result(targets) })

export const endBadly = (
  { store }: Stage,
  explanation: string,
  message = 'the worker died',
  code = 'WORKER_CRASHED',
): Promise<Sends> => store.endExplanation(P, explanation, { ok: false, failure: { code, message } })

export const counted = (target: string, sums: bigint[], key = 'class=person', method = 'drise'): CountedTarget => ({
  target: sha256(target),
  method,
  aggregates: [{ key, sums }],
})

export const topics = ({ outbox }: { outbox: readonly OutboxMessage[] }): string[] =>
  outbox.map(({ topic }) => topic).sort()

export const bodies = ({ outbox }: { outbox: readonly OutboxMessage[] }, topic: string): Record<string, unknown>[] =>
  outbox.filter((message) => message.topic === topic).map(({ body }) => JSON.parse(body) as Record<string, unknown>)
