import {
  cutPlan,
  type ExplanationResult,
  encodeFloat32,
  explanationId,
  itemId,
  type JobSpec,
  type NewItem,
  type Question,
  questionHash,
  type ShardRef,
  sha256,
  shardRef,
} from '@fanlight/contracts'
import type { ClaimedItem, NewDeadLetter, NewExplanation, Store } from '@fanlight/ports'
import { closedFormDetector } from '../closed-form-detector.ts'

/** 0 ≤ n < limit. */
export type Draw = (limit: number) => number

/** What a move goes by besides chance: the same for every store that it is made on. */
export interface Scene {
  readonly project: string
  readonly draw: Draw
  now: number
  /** What the owners were given. */
  readonly claims: ClaimedItem[]
  /** Ids of explanations. */
  readonly opened: string[]
  readonly letters: NewDeadLetter[]
}

/** One call, with arguments that are drawn: made on several stores it must give the same. */
export type Move = (store: Store) => Promise<unknown>

const JOBS = ['plain', 'budgeted', 'two-methods']
const OWNERS = ['alice', 'bob']
const CONTENTS = 8
const TOO_LONG_MS = 10 ** 12

const specs: Readonly<Record<string, Pick<JobSpec, 'methods' | 'lane'> & Partial<JobSpec>>> = {
  plain: { methods: ['a'].map(method), lane: 'bulk' },
  budgeted: { methods: ['a', 'b'].map(method), lane: 'bulk', budget: { forwards: 120 } },
  'two-methods': { methods: ['b', 'a'].map(method), lane: 'live' },
}

function method(name: string): JobSpec['methods'][number] {
  return { name, version: 1, params: {} }
}

const specOf = (job: string): JobSpec => ({
  detector: closedFormDetector,
  policy: { kind: 'detections', minScore: 0.3, maxTargets: 10, objectives: ['score'] },
  seed: 7,
  ...specs[job]!,
})

const question: Question = {
  kind: 'score',
  targets: [{ box: [0, 0, 10, 10], class: 0 }],
  objectives: ['score'],
  minObjectness: 0,
  segments: { kind: 'grid', rows: 4, cols: 4, edges: 'hard' },
  fill: { kind: 'mean' },
  coalitions: [{ kind: 'random', count: 30, first: 0, seed: 1, probability: 0.5, shift: false }],
}

const imageOf = (content: number) => ({ sha256: sha256(`${content}`), uri: `file:///${content}`, bytes: 1 })

function explanationOf({ image, spec }: Pick<ClaimedItem, 'image' | 'spec'>, nth: number): NewExplanation {
  const { detector, policy, seed, methods } = spec
  const method = methods[nth % methods.length]!
  return {
    id: explanationId({ image: image.sha256, detector: detector.id, policy, method, seed }),
    image,
    method,
    spec,
  }
}

const resultOf = (forwards: number): ExplanationResult => ({
  width: 1,
  height: 1,
  attributions: [],
  targetsCut: 0,
  transcript: sha256('transcript'),
  executionClass: 'cpu',
  forwards,
})

/** How often each move is drawn. What takes much away comes seldom, or there would be nothing to go wrong. */
const weights: Readonly<Record<string, number>> = {
  createJob: 3,
  addItems: 8,
  sealJob: 4,
  changeJob: 3,
  cancelOverdue: 1,
  claimItems: 12,
  releaseExpired: 2,
  unfinishedSources: 2,
  openExplanation: 20,
  askQuestion: 8,
  failShard: 5,
  storeAnswer: 6,
  endWell: 6,
  endBadly: 6,
  reopenFailed: 2,
  recordDeadLetter: 4,
  replayDeadLetter: 5,
  forgetImage: 1,
  collectGarbage: 1,
}

const names = Object.entries(weights).flatMap(([name, weight]) => Array<string>(weight).fill(name))

/** The next move; `settled` is told what the model answered. */
export function nextMove(scene: Scene): { name: string } & Made {
  const name = pick(scene, names)
  return { name, ...moves[name]!(scene) }
}

type Made = { move: Move; settled?: (answer: unknown) => void }

const moves: Readonly<Record<string, (scene: Scene) => Made>> = {
  createJob: (scene) => {
    const [project, id] = [scene.project, pick(scene, JOBS)]
    const source = scene.draw(2) === 0 ? { uri: 'file:///photos' } : undefined
    const deadlineMs = scene.draw(5) === 0 ? scene.draw(100_000) : undefined
    return { move: (store) => store.createJob({ project, id, name: id, spec: specOf(id), source, deadlineMs }) }
  },
  addItems: addSome,
  sealJob: (scene) => {
    const job = pick(scene, JOBS)
    return { move: (store) => store.sealJob(scene.project, job) }
  },
  changeJob: (scene) => {
    const job = pick(scene, JOBS)
    const change = pick(scene, ['pause', 'resume', 'resume', 'resume', 'cancel'] as const)
    return { move: (store) => store.changeJob(scene.project, job, change) }
  },
  claimItems: claimSome,
  releaseExpired: () => ({ move: (store) => store.releaseExpired() }),
  cancelOverdue: () => ({ move: (store) => store.cancelOverdue(9) }),
  unfinishedSources: (scene) => {
    const idleMs = scene.draw(10_000)
    return { move: (store) => store.unfinishedSources(idleMs, 9) }
  },
  openExplanation: openOne,
  askQuestion: (scene) => {
    const explanation = anyExplanation(scene)
    const asked = { project: scene.project, explanation, ordinal: 0, hash: questionHash(question), question }
    return { move: (store) => store.askQuestion({ ...asked, plan: cutPlan(question, 10), messages: () => [] }) }
  },
  failShard: (scene) => {
    const ref = anyShard(scene)
    return {
      move: async (store) => {
        const start = await store.startShard(ref)
        await store.recordAttemptFailure(ref, { code: 'WORKER_CRASHED', message: 'boom' })
        return start
      },
    }
  },
  storeAnswer: (scene) => {
    const ref = anyShard(scene)
    const answer = { kind: 'score', values: encodeFloat32(Float32Array.of(1)) } as const
    const good = { ok: true, answer, executionClass: 'cpu' } as const
    const bad = { ok: false, failure: { code: 'SHARD_ATTEMPTS_EXHAUSTED', message: 'gave up' } } as const
    const outcome = scene.draw(3) === 0 ? bad : good
    return { move: (store) => store.storeAnswer(ref, outcome, { forwards: 10, durationMs: 1 }) }
  },
  endWell: (scene) => {
    const [explanation, forwards] = [anyExplanation(scene), 10 + scene.draw(30)]
    return {
      move: (store) => store.endExplanation(scene.project, explanation, { ok: true, result: resultOf(forwards) }),
    }
  },
  endBadly: (scene) => {
    const explanation = anyExplanation(scene)
    const failure = pick(scene, [
      { code: 'WORKER_CRASHED', message: 'died' },
      { code: 'IMAGE_UNREADABLE', message: 'no JPEG' },
    ])
    return { move: (store) => store.endExplanation(scene.project, explanation, { ok: false, failure }) }
  },
  reopenFailed: (scene) => {
    const job = pick(scene, JOBS)
    return { move: (store) => store.reopenFailed(scene.project, job) }
  },
  recordDeadLetter: (scene) => {
    const ref = anyShard(scene)
    const letter: NewDeadLetter = {
      id: `${scene.letters.length}`,
      project: scene.project,
      topic: pick(scene, ['questions.bulk', 'questions.bulk', 'answers']),
      key: 'k',
      headers: {},
      bodyBase64: Buffer.from(JSON.stringify(ref)).toString('base64'),
      code: 'SHARD_ATTEMPTS_EXHAUSTED',
      error: 'gave up',
      attempts: 3,
      at: scene.now,
    }
    scene.letters.push(letter)
    return { move: (store) => store.recordDeadLetter(letter) }
  },
  replayDeadLetter: (scene) => {
    const id = `${scene.draw(scene.letters.length + 1)}`
    return { move: (store) => store.replayDeadLetter(id) }
  },
  forgetImage: (scene) => {
    const image = imageOf(scene.draw(2 * CONTENTS)).sha256
    return { move: (store) => store.forgetImage(scene.project, image) }
  },
  collectGarbage: (scene) => {
    const olderThanMs = 50_000 + scene.draw(100_000)
    return { move: (store) => store.collectGarbage(olderThanMs) }
  },
}

const pick = <T>({ draw }: Scene, choices: readonly T[]): T => choices[draw(choices.length)]!

function addSome(scene: Scene): Made {
  const job = pick(scene, JOBS)
  const items = Array.from({ length: 1 + scene.draw(3) }, (): NewItem => {
    const image = imageOf(scene.draw(CONTENTS))
    const name = `${image.uri}-${scene.draw(2)}`
    return { id: itemId(job, name, image.sha256), name, image, slice: {} }
  })
  const options = scene.draw(2) === 0 ? { cursor: `${scene.now}` } : undefined
  return { move: (store) => store.addItems(scene.project, job, items, options) }
}

function claimSome(scene: Scene): Made {
  const [owner, limit] = [pick(scene, OWNERS), 1 + scene.draw(3)]
  return {
    move: async (store) => {
      await store.renewLease(owner, 15_000)
      return store.claimItems(owner, limit)
    },
    settled: (claims) => scene.claims.push(...(claims as ClaimedItem[])),
  }
}

function openOne(scene: Scene): Made {
  const claim = scene.claims[scene.claims.length - 1 - scene.draw(Math.min(4, scene.claims.length))]
  if (!claim) return claimSome(scene)
  const explanation = explanationOf(claim, scene.draw(2))
  scene.opened.push(explanation.id)
  return { move: (store) => store.openExplanation(claim, explanation) }
}

const anyExplanation = (scene: Scene): string =>
  scene.opened.length > 0
    ? pick(scene, scene.opened.slice(-8))
    : explanationOf({ image: imageOf(scene.draw(CONTENTS)), spec: specOf('budgeted') }, 0).id

function anyShard(scene: Scene): ShardRef {
  const explanation = anyExplanation(scene)
  const cut = {
    project: scene.project,
    explanation,
    ordinal: 0,
    hash: questionHash(question),
    plan: cutPlan(question, 10),
  }
  return shardRef(cut, scene.draw(3))
}

/** Some jobs to begin with. */
export async function setUp(store: Store, { project }: Scene): Promise<void> {
  const [source, deadlineMs] = [{ uri: 'file:///photos' }, 60_000]
  for (const id of JOBS) await store.createJob({ project, id, name: id, spec: specOf(id), source, deadlineMs })
}

/** Everything of the project that can be seen. */
export async function look(store: Store, { project, letters }: Scene): Promise<unknown> {
  const jobs: unknown[] = []
  for (const job of JOBS) {
    const items = (await store.listItems(project, job, { limit: 99 })).rows
    const linked = await Promise.all(items.map(({ id }) => store.listExplanations(project, job, id)))
    jobs.push({
      summary: await store.getJob(project, job),
      source: await store.readSource(project, job),
      items,
      linked,
    })
  }
  const filed = await Promise.all(letters.map(({ id }) => store.getDeadLetter(id)))
  const waiting = [await store.waitingItems(project, 'bulk', 4), await store.waitingItems(project, 'live', 99)]
  return { jobs, filed, waiting }
}

/** For the next history: some calls are for all projects. */
export async function cleanUp(store: Store, { project }: Scene): Promise<void> {
  for (const job of JOBS) await store.forgetJob(project, job)
  await store.collectGarbage(-TOO_LONG_MS)
}
