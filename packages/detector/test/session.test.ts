import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { test } from 'node:test'
import { type DetectorRef, type ImageRef, type Question, type ScoreQuestion, sha256 } from '@fanlight/contracts'
import type { ImageSource } from '@fanlight/ports'
import { packBits } from '@fanlight/segments'
import { describeModel, type SessionModelOptions, sessionModel } from '../src/index.ts'
import { fixturesAbsent, modelPath, photoPath } from './fixtures.ts'
import {
  crashingModel,
  endlessModel,
  greedyModel,
  nanModel,
  plainPhoto,
  scratchFolder,
  syntheticModel,
} from './synthetic.ts'

const folder = scratchFolder()
const onX86 = arch() === 'x64' ? false : 'the trap is x86’s'
const never = new AbortController().signal

/** Images in memory, that count how often they were read. */
function gallery() {
  const photos = new Map<string, Uint8Array>()
  const source: ImageSource & { reads: number } = {
    reads: 0,
    async read(ref) {
      source.reads += 1
      return photos.get(ref.sha256)!
    },
  }
  const add = (bytes: Uint8Array): ImageRef => {
    photos.set(sha256(bytes), bytes)
    return { sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length }
  }
  return { source, add, black: add(plainPhoto(0)), white: add(plainPhoto(255)) }
}

function setUp(options: Omit<SessionModelOptions, 'images'> = {}) {
  const photos = gallery()
  return { photos, model: sessionModel({ images: photos.source, workers: 1, ...options }) }
}

const detect: Question = { kind: 'detect', minScore: 0.3, maxDetections: 10 }

const score: ScoreQuestion = {
  kind: 'score',
  targets: [{ box: [0, 0, 32, 32], class: 0 }],
  objectives: ['score'],
  minObjectness: 0.05,
  segments: { kind: 'grid', rows: 2, cols: 2, edges: 'bilinear' },
  fill: { kind: 'constant', rgb: [0, 0, 0] },
  coalitions: [packBits([Uint8Array.of(1, 1, 1, 1), Uint8Array.of(1, 0, 0, 1)], 4)],
}

/** YOLOX at 64 × 64 that always sees one thing in the middle. */
function steadyModel(score: number): Uint8Array {
  const data = new Float32Array(84 * 6)
  data.set([0, 0, 1, 1, 1, score], (64 + 10) * 6)
  return syntheticModel({ outputs: [{ name: 'output', dims: [1, 84, 6], data }] })
}

const traps = [
  { what: 'crashes', code: 'WORKER_CRASHED', bytes: crashingModel, limits: {}, skip: onX86 },
  { what: 'never returns', code: 'WORKER_TIMEOUT', bytes: endlessModel, limits: { shardTimeoutMs: 1500 }, skip: false },
  {
    what: 'takes 10 GB',
    code: 'WORKER_MEMORY',
    bytes: greedyModel,
    limits: { maxResidentBytes: 500 * 2 ** 20 },
    skip: false,
  },
] as const

for (const { what, code, bytes, limits, skip } of traps) {
  test(`a network that ${what} costs the shard that ran, not the one behind it`, { skip }, async () => {
    const { photos, model: opened } = setUp(limits)
    await using model = opened
    const detector = await describeModel(folder.write(`${code}.onnx`, bytes('white')))
    const [bad, good] = await Promise.allSettled([
      model.answer({ detector, image: photos.white, question: detect }, never),
      model.answer({ detector, image: photos.black, question: detect }, never),
    ])
    assert.ok(bad.status === 'rejected', 'the bad shard was answered')
    assert.equal(bad.reason.code, code)
    assert.equal(bad.reason.retry, 'later')
    assert.match(bad.reason.message, new RegExp(`${code}\\.onnx`))
    assert.ok(good.status === 'fulfilled', `the good shard failed too: ${good.status === 'rejected' && good.reason}`)
  })
}

test('a network that crashes when it is loaded costs each shard one attempt', { skip: onX86 }, async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const harmless = await describeModel(folder.write('harmless.onnx', steadyModel(0.5)))
  const bytes = crashingModel('load')
  const detector = { ...harmless, sha256: sha256(bytes), uri: folder.write('load.onnx', bytes) }
  for (const outcome of await Promise.allSettled(
    [1, 2].map(() => model.answer({ detector, image: photos.black, question: detect }, never)),
  )) {
    assert.ok(outcome.status === 'rejected')
    assert.equal(outcome.reason.code, 'WORKER_CRASHED')
    assert.match(outcome.reason.message, /load\.onnx/)
  }
})

for (const question of [detect, score]) {
  test(`NaN in the outputs is an error that names the output: ${question.kind}`, async () => {
    const { photos, model: opened } = setUp()
    await using model = opened
    const detector = await describeModel(folder.write('nan.onnx', nanModel('white')))
    await assert.rejects(model.answer({ detector, image: photos.white, question }, never), {
      code: 'MODEL_OUTPUT_INVALID',
      retry: 'never',
      message: /"output".*NaN/,
    })
  })
}

test('two detectors take turns in one child’s place', async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const detectors = await Promise.all(
    [0.5, 0.75].map((score) => describeModel(folder.write(`steady ${score}.onnx`, steadyModel(score)))),
  )
  const answers = await Promise.all(
    [0, 1, 0, 1].map((i) => model.answer({ detector: detectors[i]!, image: photos.black, question: detect }, never)),
  )
  const scores = answers.map(({ answer }) => answer.kind === 'detect' && answer.detections.map(({ score }) => score))
  assert.deepEqual(scores, [[0.5], [0.75], [0.5], [0.75]])
})

test('a child gets the bytes of an image once, and again when it has let go of it', async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const detector = await describeModel(folder.write('steady.onnx', steadyModel(0.5)))
  const images = [10, 20, 30, 40, 50, 60].map((grey) => photos.add(plainPhoto(grey)))
  const ask = (image: ImageRef) => model.answer({ detector, image, question: score }, never)
  await Promise.all([1, 2, 3].map(() => ask(images[0]!)))
  assert.equal(photos.source.reads, 1)
  for (const image of images) await ask(image)
  assert.equal(photos.source.reads, 6)
  await ask(images[0]!)
  assert.equal(photos.source.reads, 7)
})

test('a file that is no photo is an error of its own, and the child goes on', async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const detector = await describeModel(folder.write('steady.onnx', steadyModel(0.5)))
  const fake = photos.add(Buffer.from('no photo at all'))
  await assert.rejects(model.answer({ detector, image: fake, question: detect }, never), {
    code: 'IMAGE_UNREADABLE',
    retry: 'never',
  })
  await assert.rejects(model.answer({ detector, image: fake, question: detect }, never), { code: 'IMAGE_UNREADABLE' })
  assert.equal((await model.answer({ detector, image: photos.black, question: detect }, never)).measured.forwards, 1)
})

test('a model file that has changed since it was added is refused by name', async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const detector = await describeModel(folder.write('changing.onnx', steadyModel(0.5)))
  folder.write('changing.onnx', steadyModel(0.6))
  await assert.rejects(model.answer({ detector, image: photos.black, question: detect }, never), {
    code: 'MODEL_INVALID',
    message: /changing\.onnx.*add it again/,
  })
})

test('a shard whose caller has gone is dropped, wherever it waits', async () => {
  const { photos, model: opened } = setUp()
  await using model = opened
  const detector = await describeModel(folder.write('steady.onnx', steadyModel(0.5)))
  const caller = new AbortController()
  const gone = Array.from({ length: 5 }, () =>
    model.answer({ detector, image: photos.black, question: score }, caller.signal),
  )
  caller.abort(new Error('gone'))
  for (const outcome of await Promise.allSettled(gone))
    assert.equal(outcome.status === 'rejected' && outcome.reason.message, 'gone')
  await model.answer({ detector, image: photos.black, question: score }, never)
})

test('closing ends what runs and what waits, and leaves no child behind', async () => {
  const { photos, model } = setUp()
  const detector = await describeModel(folder.write('endless.onnx', endlessModel('white')))
  const works = [photos.white, photos.white, photos.white].map((image) =>
    model.answer({ detector, image, question: detect }, never),
  )
  const outcomes = Promise.allSettled(works)
  await new Promise((resolve) => setTimeout(resolve, 300))
  await model[Symbol.asyncDispose]()
  for (const outcome of await outcomes)
    assert.equal(outcome.status === 'rejected' && outcome.reason.code, 'WORKER_CRASHED')
  await assert.rejects(model.answer({ detector, image: photos.black, question: detect }, never), {
    code: 'WORKER_CRASHED',
  })
})

test('each child has its next shard at hand', async () => {
  await using model = setUp({ workers: 3, prestart: 0 }).model
  assert.equal(model.concurrency, 6)
})

test('any slice of a question gives the values of the whole, whoever answers', { skip: fixturesAbsent }, async () => {
  const photos = gallery()
  await using model = sessionModel({ images: photos.source, workers: 2 })
  const detector: DetectorRef = await describeModel(modelPath('light_person_192'))
  const image = photos.add(await readFile(photoPath('000000008021.jpg')))
  const found = await model.answer({ detector, image, question: detect }, never)
  assert.ok(found.answer.kind === 'detect' && found.answer.detections.length > 1)
  assert.match(found.executionClass, /^cpu;onnxruntime-node \d+\.\d+\.\d+;\w+-\w+;[\w, .-]+;batch 1$/)
  const { detections } = found.answer
  const random = { kind: 'random', seed: 3, probability: 0.5, shift: true } as const
  const slice = async (first: number, count: number): Promise<Float32Array> => {
    const question: ScoreQuestion = {
      ...score,
      targets: detections.map(({ box, class: wanted }) => ({ box, class: wanted })),
      objectives: ['score', 'box'],
      coalitions: [{ ...random, first, count }],
    }
    const { answer, measured } = await model.answer({ detector, image, question }, never)
    assert.equal(measured.forwards, count)
    assert.ok(answer.kind === 'score')
    return new Float32Array(Uint8Array.from(Buffer.from(answer.values, 'base64')).buffer)
  }
  const [whole, left, right] = await Promise.all([slice(0, 12), slice(0, 5), slice(5, 7)])
  for (let row = 0; row < 2 * detections.length; row++) {
    const parts = [...left.subarray(row * 5, row * 5 + 5), ...right.subarray(row * 7, row * 7 + 7)]
    assert.deepEqual([...whole.subarray(row * 12, row * 12 + 12)], parts)
  }
})

test('a detection’s values are those of the whole photo under each objective, to the last bit', {
  skip: fixturesAbsent,
}, async () => {
  const photos = gallery()
  await using model = sessionModel({ images: photos.source, workers: 1 })
  const detector = await describeModel(modelPath('yolox_nano'))
  const image = photos.add(await readFile(photoPath('000000008021.jpg')))
  const { answer } = await model.answer({ detector, image, question: detect }, never)
  assert.ok(answer.kind === 'detect' && answer.detections.length > 1)
  const question: ScoreQuestion = {
    ...score,
    targets: answer.detections.map(({ box, class: wanted }) => ({ box, class: wanted })),
    objectives: ['score', 'class', 'objectness', 'box'],
    coalitions: [packBits([Uint8Array.of(1, 1, 1, 1)], 4)],
  }
  const full = await model.answer({ detector, image, question }, never)
  assert.ok(full.answer.kind === 'score')
  const values = new Float32Array(Uint8Array.from(Buffer.from(full.answer.values, 'base64')).buffer)
  const expected = [0, 1, 2, 3].flatMap((objective) => answer.detections.map((found) => found.values[objective]))
  assert.deepEqual([...values], expected)
})
