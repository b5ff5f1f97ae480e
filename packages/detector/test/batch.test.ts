import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { arch } from 'node:os'
import { test } from 'node:test'
import { type CoalitionSet, type DetectorRef, decodeFloat32, type ScoreQuestion, sha256 } from '@fanlight/contracts'
import { InputError, type ModelWork, TransientError } from '@fanlight/ports'
import { packBits } from '@fanlight/segments'
import { describeModel, requireProvider, sessionModel } from '../src/index.ts'
import { batchOf } from '../src/session/batch.ts'
import { Gathering } from '../src/session/gathering.ts'
import type { MaskedNetwork } from '../src/session/masked-network.ts'
import { MeasuredBatches } from '../src/session/measured-batches.ts'
import { fixturesAbsent, modelPath, photoPath } from './fixtures.ts'
import { crashingModel, nanModel, plainPhoto, scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const soft = { kind: 'grid', rows: 3, cols: 4, edges: 'bilinear' } as const
const input = { name: 'images', width: 8, height: 8 }

function questionOf(coalitions: CoalitionSet[], targets: ScoreQuestion['targets']): ScoreQuestion {
  const fill = { kind: 'mean' } as const
  return { kind: 'score', targets, objectives: ['score', 'box'], minObjectness: 0.05, segments: soft, fill, coalitions }
}

async function photos(...files: string[]) {
  const read = await Promise.all(files.map((file) => readFile(photoPath(file))))
  return read.map((bytes) => ({ sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length, content: bytes }))
}

test('rows of several photos, grids and questions share forwards, and come out as at batch 1', {
  skip: fixturesAbsent,
  timeout: 300_000,
}, async () => {
  const detector = await describeModel(modelPath('yolox_nano_v8layout'))
  const [street, room] = await photos('000000001296.jpg', '000000008021.jpg')
  const all = [street!, room!]
  const images = {
    read: async ({ sha256 }: { sha256: string }) => all.find((photo) => photo.sha256 === sha256)!.content,
  }
  const random = { kind: 'random', seed: 3, probability: 0.5, first: 0 } as const
  const questions = [
    questionOf([{ ...random, shift: true, count: 3 }], [{ box: [10, 10, 300, 300], class: 0 }]),
    questionOf([{ ...random, shift: false, count: 2 }], [{ box: [50, 20, 200, 350], class: 0 }]),
    { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const,
  ]
  const works: ModelWork[] = all.flatMap((image) => questions.map((question) => ({ detector, image, question })))
  const answersAt = async (batch: number) => {
    await using model = sessionModel({ images, workers: 1, batch })
    return await Promise.all(works.map((work) => model.answer(work, never)))
  }
  const [alone, together] = [await answersAt(1), await answersAt(4)]
  for (const [i, { answer, measured, executionClass }] of together.entries()) {
    const expected = alone[i]!
    assert.match(executionClass, /;batch 4$/)
    assert.match(expected.executionClass, /;batch 1$/)
    assert.equal(measured.forwards, expected.measured.forwards)
    const [seen, wanted] = [numbersOf(answer), numbersOf(expected.answer)]
    assert.equal(seen.length, wanted.length)
    seen.forEach((value, at) => {
      assert.ok(Math.abs(value - wanted[at]!) < 1e-3, `work ${i}, value ${at}: ${value} and ${wanted[at]} at batch 1`)
    })
  }
})

function numbersOf(answer: Awaited<ReturnType<ReturnType<typeof sessionModel>['answer']>>['answer']): number[] {
  if (answer.kind === 'score') return [...decodeFloat32(answer.values)]
  if (answer.kind === 'gradient') return [...decodeFloat32(answer.maps)]
  if (answer.kind === 'segment') return [answer.count]
  return answer.detections.flatMap(({ box, score, values }) => [...box, score, ...values])
}

test('a file that fixes its batch stays at 1, whatever is asked for', { skip: fixturesAbsent }, async () => {
  const detector = await describeModel(modelPath('light_person_192'))
  const [photo] = await photos('000000001296.jpg')
  await using model = sessionModel({ images: { read: async () => photo!.content }, workers: 1, batch: 8 })
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  assert.match((await model.answer({ detector, image: photo!, question }, never)).executionClass, /;batch 1$/)
})

/** A network whose outputs are a mean of each row's pixels, or of all rows' when it mixes them up. */
function meansOf({ mixes = false, spend = (_: number) => {}, mostRows = 1e9 }): MaskedNetwork {
  return {
    hasOpenBatch: true,
    async run({ base, grid }) {
      const batch = grid.dims[0]!
      if (batch > mostRows) throw new TransientError('WORKER_MEMORY', 'no memory')
      spend(batch)
      const pixels = base.data as Float32Array
      const size = pixels.length / base.dims[0]!
      const row = (at: number) => pixels.subarray((at % base.dims[0]!) * size, ((at % base.dims[0]!) + 1) * size)
      const mean = (values: Float32Array) => values.reduce((sum, value, i) => sum + value * (i % 5), 0) / values.length
      const data = Float32Array.from({ length: batch }, (_, at) => mean(mixes ? pixels : row(at)))
      return [{ name: 'output', dims: [batch, 1], data }]
    },
  }
}

test('the batch is doubled as long as that is worth it', async (t) => {
  // A clock of its own: nothing else that this machine does is measured.
  let nowMs = 0
  t.mock.method(performance, 'now', () => nowMs)
  const taking = (msOf: (batch: number) => number) => (batch: number) => {
    nowMs += msOf(batch)
  }
  const measured = (network: MaskedNetwork) => batchOf(network, input, { provider: 'cuda', batch: undefined })
  assert.equal(await measured(meansOf({ spend: taking((batch) => 8 + Math.max(0, batch - 8) * 4) })), 8)
  assert.equal(await measured(meansOf({ spend: taking((batch) => 4 * batch) })), 1)
  assert.equal(await measured(meansOf({ spend: taking(() => 4), mostRows: 4 })), 4)
  assert.equal(await batchOf(meansOf({}), input, { provider: 'cpu', batch: undefined }), 1)
})

test('a network that mixes up the rows of a batch is given one at a time', async () => {
  assert.equal(await batchOf(meansOf({ mixes: true }), input, { provider: 'cuda', batch: 4 }), 1)
  assert.equal(await batchOf(meansOf({}), input, { provider: 'cuda', batch: 4 }), 4)
})

test('a detector is measured once, and again when that failed; the others are told', async () => {
  const batches = new MeasuredBatches(undefined)
  const told: (number | undefined)[] = []
  const load = async (batch: number | undefined) => {
    told.push(batch)
    return { batch: batch ?? 16 }
  }
  const failing = batches.with('a', () => Promise.reject(new Error('died')))
  const second = batches.with('a', load)
  await assert.rejects(failing, /died/)
  assert.deepEqual(await second, { batch: 16 })
  await Promise.all([batches.with('a', load), batches.with('b', load), batches.with('b', load)])
  assert.deepEqual(told.toSorted(), [16, 16, undefined, undefined])
})

test('works that come while others run go together; a caller that leaves, and a suspect, keep nobody', async () => {
  const groups: string[][] = []
  const { promise: first, resolve: endFirst } = Promise.withResolvers<void>()
  const gathering = new Gathering<string, string>(async (works) => {
    groups.push([...works])
    if (works.includes('a')) await first
    return works.map((work) => work.toUpperCase())
  })
  const add = (work: string, signal = never, alone = false) => gathering.add(work, { signal, alone })
  const caller = new AbortController()
  const gone = add('gone', caller.signal)
  const works = ['a', 'b', 'c', 'd', 'e', 'f'].map((work) => add(work, never, work === 'd'))
  caller.abort(new Error('left'))
  await assert.rejects(gone, /left/)
  endFirst()
  assert.deepEqual(await Promise.all(works), ['A', 'B', 'C', 'D', 'E', 'F'])
  assert.deepEqual(groups, [['gone'], ['a', 'b', 'c'], ['d'], ['e', 'f']])
})

test('a death over several shards costs only the one that caused it', {
  skip: arch() === 'x64' ? false : 'the trap is x86’s',
}, async () => {
  const shots = [0, 255, 60].map((grey) => plainPhoto(grey))
  const [black, white, dark] = shots.map((bytes) => ({ sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length }))
  const images = { read: async (ref: { sha256: string }) => shots.find((bytes) => sha256(bytes) === ref.sha256)! }
  const detector = await describeModel(folder.write('crashing.onnx', crashingModel('white', 'images')))
  await using model = sessionModel({ images, workers: 1, batch: 2 })
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  // The first runs alone, the other two wait for it and go together.
  const outcomes = await Promise.allSettled(
    [black!, white!, dark!].map((image) => model.answer({ detector, image, question }, never)),
  )
  assert.deepEqual(
    outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value.executionClass.split(';').at(-1) : outcome.reason.code,
    ),
    ['batch 2', 'WORKER_CRASHED', 'batch 2'],
  )
})

test('an image that cannot be read fails its own works, not those that were gathered with them', async () => {
  const shots = [0, 30, 60, 90].map((grey) => plainPhoto(grey))
  const refs = shots.map((bytes) => ({ sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length }))
  const images = {
    async read(ref: { sha256: string }) {
      if (ref.sha256 === refs[2]!.sha256) throw new InputError('IMAGE_UNREADABLE', 'it may not be read')
      return shots.find((bytes) => sha256(bytes) === ref.sha256)!
    },
  }
  const detector = await describeModel(folder.write('calm.onnx', crashingModel('white', 'images')))
  await using model = sessionModel({ images, workers: 1, batch: 2 })
  const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
  // The first runs alone, the others wait for it and go together.
  const outcomes = await Promise.allSettled(refs.map((image) => model.answer({ detector, image, question }, never)))
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.answer.kind : outcome.reason.code)),
    ['detect', 'detect', 'IMAGE_UNREADABLE', 'detect'],
  )
})

const onNvidia = existsSync('/proc/driver/nvidia/version') && 'this machine has what is to be missing'

test('a provider that is not there is an error that says what to install, not another provider', {
  skip: onNvidia,
}, async () => {
  await assert.rejects(requireProvider('tensorrt'), {
    code: 'PROVIDER_UNAVAILABLE',
    retry: 'never',
    message: /tensorrt cannot be used here.*NVIDIA.*TensorRT 10.*ONNXRUNTIME_NODE_INSTALL=cuda12/,
  })
  const bytes = plainPhoto(0)
  const image = { sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length }
  const detector: DetectorRef = await describeModel(folder.write('nan.onnx', nanModel('white')))
  await using model = sessionModel({ images: { read: async () => bytes }, workers: 1, provider: 'cuda' })
  const question = questionOf([packBits([new Uint8Array(12)], 12)], [{ box: [0, 0, 9, 9], class: 0 }])
  await assert.rejects(model.answer({ detector, image, question }, never), { code: 'PROVIDER_UNAVAILABLE' })
})
