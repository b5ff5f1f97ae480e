import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  type Box,
  decodeFloat32,
  type Fill,
  type GradientQuestion,
  ReductionName,
  type ScoredTarget,
} from '@fanlight/contracts'
import { inBoxEnergy } from '@fanlight/evaluate'
import { decodeImage } from '@fanlight/image'
import type { LoadedDetector } from '../src/session/answer.ts'
import { answerGradients } from '../src/session/gradient-answer.ts'
import { feed, plainForward } from '../src/session/masked-network.ts'
import { type PreparedImage, prepareImage } from '../src/session/prepared-images.ts'
import { tappedAs } from '../src/session/tapped-as.ts'
import type { TappedNetwork } from '../src/session/tapped-network.ts'
import { answerQuestion, detectIn, fixturesAbsent, loadDetector, modelPath, photoPath } from './fixtures.ts'

interface Stage {
  readonly detector: LoadedDetector
  readonly image: PreparedImage
  readonly targets: ScoredTarget[]
}

const MAP = { width: 64, height: 48 }
const SIZE = MAP.width * MAP.height

async function stage(model: string, photo: string): Promise<Stage> {
  const detector = await loadDetector(modelPath(model))
  const bytes = await readFile(photoPath(photo))
  const image = prepareImage(await decodeImage(bytes), detector.descriptor)
  const { detections } = await detectIn(detector, bytes)
  return { detector, image, targets: detections.map(({ box, class: index }) => ({ box, class: index })) }
}

async function ask({ detector, image, targets }: Stage, changes: Partial<GradientQuestion> = {}) {
  const question: GradientQuestion = {
    kind: 'gradient',
    targets,
    objectives: ['score'],
    tap: { kind: 'neck' },
    reduction: 'odam',
    sampling: { kind: 'clean' },
    guided: false,
    map: MAP,
    ...changes,
  }
  const answer = await answerQuestion(detector, image, question)
  if (answer.kind !== 'gradient') throw new Error(`answered a ${answer.kind}`)
  const maps = decodeFloat32(answer.maps)
  return { ...answer, maps: answer.facts.map((_, row) => maps.subarray(row * SIZE, (row + 1) * SIZE)) }
}

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0)
const skip = fixturesAbsent

test('an instance’s own map lies on it, one neck map a scale', { skip }, async () => {
  const scene = await stage('yolox_nano', '000000000785.jpg')
  const { maps, layers, facts } = await ask(scene)
  assert.equal(layers.length, 3)
  for (const [i, map] of maps.entries()) {
    assert.ok(inBoxEnergy({ ...MAP, data: map }, scene.targets[i]!.box, scene.image)! > 0.6)
    assert.deepEqual([facts[i]!.vanished, facts[i]!.emptyValue], [null, null])
    assert.ok(facts[i]!.value > 0.3 && facts[i]!.magnitude > 0)
  }
})

test('the same bits come again, and for a target alone', { skip }, async () => {
  const scene = await stage('yolox_nano', '000000000785.jpg')
  const sampling = { kind: 'noise', count: 2, seed: 5, sigma: 0.1 } as const
  for (const changes of [{}, { tap: { kind: 'input' }, reduction: 'gradient', sampling }] as const) {
    const together = await ask(scene, changes)
    assert.deepEqual(await ask(scene, changes), together)
    const alone = await ask({ ...scene, targets: scene.targets.slice(1, 2) }, changes)
    assert.deepEqual([alone.maps[0], alone.facts[0]], [together.maps[1], together.facts[1]])
  }
})

test('gradient × input sums to the derivative along the input', { skip }, async () => {
  const scene = await stage('ultraface_rfb_320', 'astronaut.png')
  const noisy = { ...scene, targets: scene.targets.slice(0, 1) }
  const { maps, facts } = await ask(noisy, {
    tap: { kind: 'input' },
    reduction: 'gradient-x-input',
    objectives: ['box'],
  })
  const { detector, image } = scene
  const photo = image.base.data as Float32Array
  const along = async (factor: number) => {
    const scaled = feed(
      photo.map((value) => value * factor),
      image.base.dims,
    )
    const predictions = detector.decode(await plainForward(detector.network, scaled))
    const [x1, y1, x2, y2] = boxNear(predictions, scene)
    const [a, b, c, d] = scene.targets[0]!.box
    return (x2 - x1) / ((c - a) * image.placement.scaleX) + (y2 - y1) / ((d - b) * image.placement.scaleY)
  }
  const step = 1e-3
  const numeric = ((await along(1 + step)) - (await along(1 - step))) / (2 * step)
  // A cell of the map is a mean over as many pixels of the network.
  const exact = (sum(maps[0]!) * image.placement.width * image.placement.height) / SIZE
  assert.ok(facts[0]!.magnitude > 0)
  assert.ok(Math.abs(exact - numeric) < 0.06 * Math.abs(numeric), `${exact}, by differences ${numeric}`)
})

/** The box of the prediction that the first target holds in the clean run. */
function boxNear(predictions: ReturnType<LoadedDetector['decode']>, { targets, image }: Stage): Box {
  const wanted = targets[0]!.box.map((side, i) =>
    i % 2 === 0
      ? side * image.placement.scaleX + image.placement.offsetX
      : side * image.placement.scaleY + image.placement.offsetY,
  )
  let best = { distance: Number.POSITIVE_INFINITY, box: new Float64Array(4) }
  for (let index = 0; index < predictions.count; index++) {
    const box = new Float64Array(4)
    predictions.box(index, box)
    const distance = box.reduce((total, side, i) => total + Math.abs(side - wanted[i]!), 0)
    if (distance < best.distance) best = { distance, box }
  }
  return Array.from(best.box) as Box
}

const fills: readonly Fill[] = [{ kind: 'mean' }, { kind: 'blur', sigma: 0.05 }, { kind: 'inpaint', radius: 0.1 }]

for (const fill of fills) {
  test(`integrated gradients sum to what the photo adds to its fill: ${fill.kind}`, { skip }, async () => {
    const scene = await stage('light_person_192', '000000000785.jpg')
    const { maps, facts } = await ask(scene, {
      tap: { kind: 'input' },
      reduction: 'gradient-x-input',
      sampling: { kind: 'path', count: 100, fill },
    })
    const { value, emptyValue } = facts[0]!
    const { width, height } = scene.image.placement
    const total = (sum(maps[0]!) * width * height) / SIZE
    assert.ok(Math.abs(total - (value - emptyValue!)) < 0.05 * value, `${total} of ${value} − ${emptyValue}`)
  })
}

test('a gradient that says nothing is called so, and has no map', { skip }, async () => {
  const scene = await stage('yolox_nano', '000000000785.jpg')
  const nowhere: ScoredTarget = { box: [-900, -900, -800, -800], class: 0 }
  const { facts, maps } = await ask(
    { ...scene, targets: [scene.targets[0]!, nowhere] },
    {
      objectives: ['loss.box', 'loss.cls'],
    },
  )
  assert.deepEqual(
    facts.map(({ vanished }) => vanished),
    ['at-minimum', null, 'no-match', 'no-match'],
  )
  for (const row of [0, 2, 3]) assert.ok(maps[row]!.every((value) => value === 0))
  assert.ok(maps[1]!.some((value) => value > 0))
})

test('a method without gradients asks for none and says the same of all targets', { skip }, async () => {
  const { maps, facts } = await ask(await stage('yolox_nano', '000000000785.jpg'), { reduction: 'eigen-cam' })
  assert.deepEqual(maps[1], maps[0])
  assert.ok(Math.max(...maps[0]!) > 0)
  assert.ok(facts[0]!.value > facts[1]!.value)
})

test('a layer is taken by the name of its value or node; another is refused with the nearest', { skip }, async () => {
  const scene = await stage('yolox_nano', '000000000785.jpg')
  const { layers } = await ask(scene)
  const one = await ask(scene, { tap: { kind: 'layer', name: layers[1]! } })
  assert.deepEqual(one.layers, [layers[1]])
  await assert.rejects(ask(scene, { tap: { kind: 'layer', name: `${layers[1]}0` } }), (error: Error) => {
    assert.match(error.message, new RegExp(`no layer "${layers[1]}0".*nearest.*"${layers[1]}"`))
    return true
  })
  await assert.rejects(ask(scene, { tap: { kind: 'layer', name: 'output' } }), {
    code: 'MODEL_UNSUPPORTED',
    message: /not \[1, channels, height, width\]: take the output of a convolution/,
  })
})

const classifier = fileURLToPath(new URL('../../../bench/reference/fixtures/resnet-like/model.onnx', import.meta.url))

test('a classifier answers every way of asking, for each class over the whole photo', { skip }, async () => {
  const detector = await loadDetector(classifier)
  const image = prepareImage(await decodeImage(await readFile(photoPath('chelsea.png'))), detector.descriptor)
  const { width, height } = image
  const scene = {
    detector,
    image,
    targets: [0, 9].map((index) => ({ box: [0, 0, width, height] as Box, class: index })),
  }
  for (const reduction of ReductionName.options) {
    const tap = reduction.startsWith('gradient') ? ({ kind: 'input' } as const) : ({ kind: 'neck' } as const)
    const { maps, facts } = await ask(scene, { tap, reduction, objectives: ['score', 'loss.cls'] })
    assert.deepEqual(
      facts.map(({ vanished }) => vanished),
      [null, null, null, null],
    )
    for (const map of maps) assert.ok(map.every(Number.isFinite) && map.some((value) => value !== 0), reduction)
    if (reduction !== 'eigen-cam') assert.notDeepEqual(maps[0], maps[2])
  }
})

test('what is at its best in the photo is not on the way to it, and has a map there', { skip }, async () => {
  const scene = await stage('light_person_192', '000000000785.jpg')
  const objectives: GradientQuestion['objectives'] = ['loss.box']
  const at = { tap: { kind: 'input' }, reduction: 'gradient-x-input', objectives } as const
  const still = await ask(scene, { ...at, objectives })
  assert.deepEqual([still.facts[0]!.vanished, sum(still.maps[0]!)], ['at-minimum', 0])
  const sampling = { kind: 'path', count: 4, fill: { kind: 'mean' } } as const
  const { maps, facts } = await ask(scene, { ...at, objectives, sampling })
  const { value, emptyValue, vanished } = facts[0]!
  assert.equal(vanished, null)
  assert.ok(emptyValue! > value && maps[0]!.some((cell) => cell !== 0))
})

test('a gradient that is no number is an error that names the objective', { skip }, async () => {
  const { detector, image, targets } = await stage('light_person_192', '000000000785.jpg')
  const question: GradientQuestion = {
    ...{ kind: 'gradient', targets, objectives: ['score'], tap: { kind: 'neck' }, reduction: 'odam' },
    ...{ sampling: { kind: 'clean' }, guided: false, map: MAP },
  }
  const network = await detector.tapped.open(tappedAs(question))
  const broken: TappedNetwork = {
    ...network,
    async run(input, cotangents) {
      const { outputs, taps } = await network.run(input, cotangents)
      return { outputs, taps: taps.map((tap) => ({ ...tap, gradient: tap.gradient.map(() => Number.NaN) })) }
    },
  }
  await assert.rejects(answerGradients(detector, broken, image, question), {
    code: 'MODEL_OUTPUT_INVALID',
    message: /gradient of score is not a finite number: take a layer/,
  })
})
