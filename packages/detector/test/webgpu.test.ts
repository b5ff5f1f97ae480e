import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { type DetectAnswer, decodeFloat32, type Question, type ScoreQuestion, sha256 } from '@fanlight/contracts'
import { describeModel, type Provider, requireProvider, sessionModel } from '../src/index.ts'
import { fixturesAbsent, modelPath, photoPath } from './fixtures.ts'

// A software driver compiles for the CPU what a GPU's driver would: minutes, on a machine that is busy.
const patient = { loadTimeoutMs: 600_000, shardTimeoutMs: 300_000 }
const never = new AbortController().signal

/** Why WebGPU cannot be tried here; REQUIRE_PEERS makes that a failure. */
async function missing(): Promise<string | false> {
  try {
    await requireProvider('webgpu', patient)
    return false
  } catch (error) {
    if ((process.env.REQUIRE_PEERS ?? '').split(',').includes('webgpu')) throw error
    return String(error)
  }
}

/**
 * How far apart a provider's own order of additions puts scores, and boxes of a photo some hundreds of pixels wide.
 * Measured on Mesa's software driver 25.0.7: 2e-6 and 9e-5 pixels.
 */
const CLOSE = { scores: 2e-5, pixels: 1e-3 }

test('WebGPU finds what the CPU finds, and scores masked photos alike', {
  skip: fixturesAbsent || (await missing()),
  timeout: 1_200_000,
}, async (t) => {
  const bytes = await readFile(photoPath('000000001296.jpg'))
  const detector = await describeModel(modelPath('light_person_192'))
  const image = { sha256: sha256(bytes), uri: 'memory:', bytes: bytes.length }

  async function ask(provider: Provider) {
    await using model = sessionModel({ images: { read: async () => bytes }, provider, workers: 1, ...patient })
    const answer = async (question: Question) => model.answer({ detector, image, question }, never)
    const { answer: found, executionClass } = await answer({ kind: 'detect', minScore: 0.3, maxDetections: 5 })
    assert.ok(found.kind === 'detect' && found.detections.length > 0)
    const scored = await answer(scoresOf(found))
    assert.ok(scored.answer.kind === 'score')
    return { found, executionClass, values: decodeFloat32(scored.answer.values) }
  }

  const [here, there] = [await ask('cpu'), await ask('webgpu')]
  assert.match(there.executionClass, /^webgpu;onnxruntime-node \d+\.\d+\.\d+;\w+-\w+;[^;]+;[\w,]+;batch 1$/)
  const apart = {
    boxes: worst(
      here.found.detections.flatMap(({ box }) => box),
      there.found.detections.flatMap(({ box }) => box),
    ),
    scores: worst(
      here.found.detections.map(({ score }) => score),
      there.found.detections.map(({ score }) => score),
    ),
    masked: worst(here.values, there.values),
  }
  t.diagnostic(`${there.executionClass}: at most ${JSON.stringify(apart)} apart, ${here.values.length} masked scores`)
  assert.deepEqual(
    there.found.detections.map((found) => found.label),
    here.found.detections.map((found) => found.label),
  )
  assert.ok(apart.boxes < CLOSE.pixels, `boxes ${apart.boxes}`)
  assert.ok(Math.max(apart.scores, apart.masked) < CLOSE.scores, `scores ${apart.scores}, masked ${apart.masked}`)
})

const scoresOf = ({ detections }: DetectAnswer): ScoreQuestion => ({
  kind: 'score',
  targets: detections.map(({ box, class: wanted }) => ({ box, class: wanted })),
  objectives: ['score', 'box'],
  minObjectness: 0.05,
  segments: { kind: 'grid', rows: 8, cols: 8, edges: 'bilinear' },
  fill: { kind: 'mean' },
  coalitions: [{ kind: 'random', seed: 7, probability: 0.5, shift: true, first: 0, count: 10 }],
})

function worst(some: ArrayLike<number>, others: ArrayLike<number>): number {
  assert.equal(some.length, others.length)
  return Array.from(some).reduce((most, value, i) => Math.max(most, Math.abs(value - others[i]!)), 0)
}
