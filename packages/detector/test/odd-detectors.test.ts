import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DetectorRef, decodeFloat32, type GradientQuestion, sha256, type Tap } from '@fanlight/contracts'

import { type Model, retryOf } from '@fanlight/ports'
import { describeModel, sessionModel } from '../src/index.ts'
import {
  boastful,
  branching,
  circular,
  dangling,
  foreign,
  halfPrecise,
  looping,
  quantised,
  unruly,
} from './odd-detectors.ts'
import { plainPhoto, scratchFolder } from './synthetic.ts'

const folder = scratchFolder()
const never = new AbortController().signal
const photo = plainPhoto(150)
const image = { sha256: sha256(photo), uri: 'memory:', bytes: photo.length }
const images = { read: async () => photo }

async function detectorOf(bytes: Uint8Array): Promise<DetectorRef> {
  return describeModel(folder.write(`${sha256(bytes)}.onnx`, bytes))
}

function asked(tap: Tap): GradientQuestion {
  const targets = [{ box: [12, 12, 52, 52] as [number, number, number, number], class: 0 }]
  const sampling = { kind: 'clean' } as const
  const map = { width: 8, height: 8 }
  return { kind: 'gradient', targets, objectives: ['score'], tap, reduction: 'layer-cam', sampling, guided: false, map }
}

const ask = (model: Model, detector: DetectorRef, tap: Tap) =>
  model.answer({ detector, image, question: asked(tap) }, never)

const withoutGradient = [
  { what: 'is quantised', bytes: quantised(), told: /the "QuantizeLinear" node that makes .* give the float model/ },
  {
    what: 'decides with an If',
    bytes: branching(),
    told: /the "If" node that makes "chosen" runs a subgraph.*onnxsim/,
  },
  { what: 'goes round a Loop', bytes: looping(), told: /the "Loop" node that makes "looped" runs a subgraph.*onnxsim/ },
  {
    what: 'was optimised by onnxruntime',
    bytes: foreign('com.microsoft', 'QuickGelu'),
    told: /"QuickGelu".*"com.microsoft".* as it was before onnxruntime optimised it/,
  },
  {
    what: 'has an operator without a rule',
    bytes: unruly(),
    told: /the "Det" node that makes "determinants" has no gradient and lies on the way "images" → .*"determinants" → … → "output"\. Take a layer behind it/,
  },
]

for (const { what, bytes, told } of withoutGradient) {
  test(`a network that ${what} has no gradient, which is said for good; it detects all the same`, async () => {
    const detector = await detectorOf(bytes)
    await using model = sessionModel({ images, workers: 1, sessions: 1 })
    const error = await ask(model, detector, { kind: 'input' }).catch((error: unknown) => error)
    assert.match(String(error), told)
    assert.ok(String(error).includes(detector.uri), 'the file is named')
    assert.equal(retryOf(error), 'never')
    const question = { kind: 'detect', minScore: 0.3, maxDetections: 10 } as const
    const { answer } = await model.answer({ detector, image, question }, never)
    assert.ok(answer.kind === 'detect' && answer.detections.length === 1)
  })
}

test('behind an operator without a gradient there is one', async () => {
  await using model = sessionModel({ images, workers: 1, sessions: 1 })
  const { answer } = await ask(model, await detectorOf(unruly()), { kind: 'layer', name: 'conv 0' })
  assert.ok(answer.kind === 'gradient' && decodeFloat32(answer.maps).some((value) => value > 0))
})

test('float16 within a network, and what a file boasts of its sizes, keep no gradient away', async () => {
  for (const bytes of [halfPrecise(), boastful()]) {
    await using model = sessionModel({ images, workers: 1, sessions: 1 })
    const { answer } = await ask(model, await detectorOf(bytes), { kind: 'layer', name: 'conv 0' })
    assert.ok(answer.kind === 'gradient' && answer.facts[0]!.vanished === null)
    const map = decodeFloat32(answer.maps)
    for (const [cell, value] of map.entries()) assert.equal(value > 0, cell % 8 < 4, `cell ${cell} is ${value}`)
  }
})

test('a network that cannot run is refused when it is added', async () => {
  for (const [bytes, told] of [
    [circular(), /not acyclic/],
    [dangling(), /nobody makes this/],
    [foreign('com.acme', 'Magic'), /com\.acme:Magic/],
  ] as const)
    await assert.rejects(detectorOf(bytes), { code: 'MODEL_INVALID', message: told })
})
