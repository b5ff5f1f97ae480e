import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { decodeModel, distributionOf, signatureOf } from '@fanlight/onnx'
import { distancesIn } from '../src/families/ultralytics-distances.ts'
import type { Distances, Predictions } from '../src/family.ts'
import { objectives } from '../src/objectives/index.ts'
import { decoderOf, recogniseDetector } from '../src/recognise.ts'
import { feed } from '../src/session/masked-network.ts'
import { probedNetwork } from '../src/session/probed-network.ts'
import { openTappedNetwork } from '../src/session/tapped-network.ts'

const BINS = 16

/** One prediction whose distances are given as logits, in a cell at (100, 60) of stride 8. */
function predictionOf(logits: Float32Array): Predictions {
  const distances: Distances = {
    bins: BINS,
    logit: (_, side, bin) => logits[side * BINS + bin]!,
    backward({ side, bin }, weight, into) {
      into[0]![side * BINS + bin]! += weight
    },
    cell: () => ({ x: 100, y: 60, stride: 8 }),
  }
  return { distances } as Predictions
}

const target = { box: [70, 50, 131, 600] as [number, number, number, number], class: 0 }
const gains = { box: 1, obj: 1, cls: 1, dfl: 2 }
const valueAt = (logits: Float32Array, into = [new Float32Array(logits.length)]) =>
  objectives['loss.dfl']({ predictions: predictionOf(logits), index: 0, target, gains }, into).value

test('loss.dfl is the cross-entropy with the two bins around each distance', () => {
  const even = new Float32Array(4 * BINS)
  assert.ok(Math.abs(valueAt(even) - 2 * Math.log(BINS)) < 1e-9)
  // Left 30 / 8 = 3.75, top 1.25, right 3.875, and below more than there are bins: 14.99.
  const sure = new Float32Array(4 * BINS).fill(-40)
  for (const [side, distance] of [3.75, 1.25, 3.875, 14.99].entries()) {
    const lower = Math.floor(distance)
    sure[side * BINS + lower] = Math.log(lower + 1 - distance)
    sure[side * BINS + lower + 1] = Math.log(distance - lower)
  }
  const entropy = [0.75, 0.25, 0.875, 0.99].map((q) => -q * Math.log(q) - (1 - q) * Math.log(1 - q))
  const expected = (2 * entropy.reduce((sum, each) => sum + each)) / 4
  assert.ok(Math.abs(valueAt(sure) - expected) < 1e-5)
})

test('its derivative agrees with differences', () => {
  const logits = Float32Array.from({ length: 4 * BINS }, (_, i) => Math.sin(i * 1.7))
  const into = [new Float32Array(logits.length)]
  valueAt(logits, into)
  for (let i = 0; i < logits.length; i++) {
    const moved = (by: number) => valueAt(logits.map((value, at) => (at === i ? value + by : value)))
    assert.ok(Math.abs((moved(1e-2) - moved(-1e-2)) / 2e-2 - into[0]![i]!) < 1e-4)
  }
})

test('a head without distances says so', () => {
  const held = { predictions: { distances: undefined } as unknown as Predictions, index: 0, target, gains }
  assert.throws(() => objectives['loss.dfl'](held, []), {
    code: 'MODEL_UNSUPPORTED',
    message: /no loss\.dfl: ask for loss\.box/,
  })
})

test('a YOLOv8-like network’s distances are found inside, and make its boxes', async () => {
  const file = new URL('../../../bench/reference/fixtures/yolov8-like/model.onnx', import.meta.url)
  const model = decodeModel(await readFile(file))
  const descriptor = recogniseDetector(signatureOf(model))
  const { width, height, inputName } = descriptor
  const probed = await probedNetwork(model, { name: inputName, width, height })
  assert.ok(distributionOf(probed.model, probed.shapes))
  const options = { layers: [inputName], backward: true, guided: false, distances: true }
  const network = await openTappedNetwork(probed, options, 'cpu')
  const pixels = Float32Array.from({ length: 3 * width * height }, (_, i) => ((i * 7919) % 101) / 101)
  const { outputs } = await network.run(feed(pixels, [1, 3, height, width]))
  const predictions = decoderOf(descriptor)(outputs)
  const distances = distancesIn(outputs, predictions.count, descriptor)!
  const box = new Float64Array(4)
  for (const index of [0, 17, predictions.count - 1]) {
    predictions.box(index, box)
    const { x, y, stride } = distances.cell(index)
    for (const [side, sign] of [-1, -1, 1, 1].entries()) {
      const powers = Array.from({ length: distances.bins }, (_, bin) => Math.exp(distances.logit(index, side, bin)))
      const sum = powers.reduce((total, power) => total + power)
      const mean = powers.reduce((total, power, bin) => total + power * bin, 0) / sum
      assert.ok(Math.abs((side % 2 === 0 ? x : y) + sign * mean * stride - box[side]!) < 1e-2)
    }
  }
  const cotangents = outputs.map(({ data }) => new Float32Array(data.length))
  objectives['loss.dfl']({ predictions, index: 17, target: { box: [8, 8, 40, 40], class: 0 }, gains }, cotangents)
  const { taps } = await network.run(feed(pixels, [1, 3, height, width]), cotangents)
  assert.ok(taps[0]!.gradient.some((value) => value !== 0))
})
