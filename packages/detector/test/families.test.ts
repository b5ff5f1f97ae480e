import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box, DetectorRef } from '@fanlight/contracts'
import { decodeModel } from '@fanlight/onnx'
import { decoderOf } from '../src/recognise.ts'
import { describe } from '../src/session/describe.ts'
import { runOnGrey } from '../src/session/grey.ts'
import { openMaskedNetwork } from '../src/session/masked-network.ts'
import { type Synthetic, type SyntheticOutput, scratchFolder, syntheticModel } from './synthetic.ts'

const folder = scratchFolder()

/** The predictions of a synthetic file, through all that a real one goes through. */
async function predictionsOf(synthetic: Synthetic) {
  const bytes = syntheticModel(synthetic)
  const path = folder.write('model.onnx', bytes)
  const { descriptor } = await describe({ ask: 'describe', path, maxModelBytes: 1e9, family: undefined })
  const input = { name: descriptor.inputName, width: descriptor.width, height: descriptor.height }
  const outputs = await runOnGrey(await openMaskedNetwork(decodeModel(bytes), input), input)
  return { descriptor, predictions: decoderOf(descriptor)(outputs) }
}

type Predictions = Awaited<ReturnType<typeof predictionsOf>>['predictions']

function boxAt(predictions: Predictions, index: number): Box {
  const into = new Float64Array(4)
  predictions.box(index, into)
  return [...into] as unknown as Box
}

function near(actual: readonly number[], expected: readonly number[], tolerance = 1e-4): void {
  assert.equal(actual.length, expected.length)
  const message = `${actual} where ${expected} was expected`
  assert.ok(
    actual.every((value, i) => Math.abs(value - expected[i]!) <= tolerance),
    message,
  )
}

/** [1, rows, columns] with some rows set, the others 0. */
function table(
  name: string,
  [rows, columns]: [number, number],
  set: Readonly<Record<number, readonly number[]>>,
): SyntheticOutput {
  const data = new Float32Array(rows * columns)
  for (const [row, values] of Object.entries(set)) data.set(values, Number(row) * columns)
  return { name, dims: [1, rows, columns], data }
}

/** The same as [1, columns, rows]. */
function turned({ name, dims, data }: SyntheticOutput): SyntheticOutput {
  const [, rows, columns] = dims as [number, number, number]
  const values = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!)
  return { name, dims: [1, columns, rows], data: values }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const NAMES = { names: "{0: 'cat', 1: 'dog'}", stride: '32' }

// At 64 × 64 the grids of strides 8, 16, 32 have 64, 16 and 4 cells.

test('YOLOX: cells of all strides, row-major, with exponential sides', async () => {
  const { predictions } = await predictionsOf({
    outputs: [table('output', [84, 7], { 10: [0.5, 0.25, 1, 2, 0.9, 0.1, 0.8], 82: [0, 0, 0, 0, 0.3, 0.2, 0.1] })],
  })
  assert.equal(predictions.count, 84)
  // Cell 10 of the first grid: column 2, row 1.
  const [w, h] = [Math.E * 8, Math.E ** 2 * 8]
  near(boxAt(predictions, 10), [20 - w / 2, 10 - h / 2, 20 + w / 2, 10 + h / 2])
  near([predictions.objectness!(10), predictions.probability(10, 0), predictions.probability(10, 1)], [0.9, 0.1, 0.8])
  // Cell 2 of the last grid: column 0, row 1, 32 pixels a cell.
  near(boxAt(predictions, 82), [-16, 16, 16, 48])
})

test('YOLOv8: columns of centre, size and classes, in pixels; names from the metadata', async () => {
  const { descriptor, predictions } = await predictionsOf({
    outputs: [turned(table('output0', [84, 6], { 3: [20, 30, 10, 8, 0.25, 0.75], 83: [1, 2, 3, 4, 0.5, 0] }))],
    metadata: { ...NAMES, task: 'detect' },
  })
  assert.deepEqual([descriptor.family, descriptor.classNames], ['ultralytics', ['cat', 'dog']])
  assert.equal(predictions.objectness, undefined)
  near(boxAt(predictions, 3), [15, 26, 25, 34])
  near(
    [predictions.probability(3, 0), predictions.probability(3, 1), predictions.probability(83, 0)],
    [0.25, 0.75, 0.5],
  )
})

test('YOLOv8 with every size left open in the file is recognised by what it gives', async () => {
  const open = ['batch', 3, 'height', 'width']
  const output = turned(table('output0', [84, 6], { 3: [20, 30, 10, 8, 0.25, 0.75] }))
  const { descriptor, predictions } = await predictionsOf({
    input: open,
    outputs: [{ ...output, shape: ['batch', 'channels', 'anchors'] }],
    metadata: { ...NAMES, imgsz: '[64, 64]' },
  })
  assert.deepEqual([descriptor.width, descriptor.height, predictions.count], [64, 64, 84])
  near(boxAt(predictions, 3), [15, 26, 25, 34])
})

test('end to end: rows of corners, probability and class, and nothing left to suppress', async () => {
  const { descriptor, predictions } = await predictionsOf({
    outputs: [table('output0', [20, 6], { 4: [1, 2, 30, 40, 0.9, 1] })],
    metadata: { ...NAMES, end2end: 'True' },
  })
  assert.equal(descriptor.nmsIou, 1)
  assert.equal(predictions.count, 20)
  near(boxAt(predictions, 4), [1, 2, 30, 40])
  near([predictions.probability(4, 0), predictions.probability(4, 1)], [0, 0.9])
})

test('YOLOv5 decoded: rows of centre, size, objectness and classes, three a cell', async () => {
  const { descriptor, predictions } = await predictionsOf({
    outputs: [table('output0', [252, 7], { 200: [20, 30, 10, 8, 0.5, 0.25, 0.75] })],
    metadata: NAMES,
  })
  assert.deepEqual([descriptor.family, descriptor.classNames], ['yolo-anchors', ['cat', 'dog']])
  near(boxAt(predictions, 200), [15, 26, 25, 34])
  near([predictions.objectness!(200), predictions.probability(200, 1)], [0.5, 0.75])
})

test('YOLOv5 raw: three heads, sigmoids and anchors applied', async () => {
  const head = (side: number, set: Readonly<Record<number, readonly number[]>>) => {
    const { data } = table('', [3 * side * side, 7], set)
    return { name: `head${side}`, dims: [1, 3, side, side, 7], data }
  }
  // Second head, second anchor (62 × 45), row 1, column 2.
  const values = [0.3, -0.4, 0.2, -0.1, 2, -1, 1]
  const { descriptor, predictions } = await predictionsOf({
    outputs: [head(8, {}), head(4, { 22: values }), head(2, {})],
  })
  assert.equal(descriptor.family, 'yolo-anchors')
  assert.equal(predictions.count, 252)
  const index = 192 + 22
  const x = (2 * sigmoid(0.3) - 0.5 + 2) * 16
  const y = (2 * sigmoid(-0.4) - 0.5 + 1) * 16
  const w = (2 * sigmoid(0.2)) ** 2 * 62
  const h = (2 * sigmoid(-0.1)) ** 2 * 45
  near(boxAt(predictions, index), [x - w / 2, y - h / 2, x + w / 2, y + h / 2])
  near([predictions.objectness!(index), predictions.probability(index, 0)], [sigmoid(2), sigmoid(-1)])
})

test('NanoDet: sides as expectations over bins, around the centres of cells', async () => {
  // All weight on one bin of each side: left 1, top 2, right 3, bottom 7; and an even spread: 3.5 everywhere.
  const peaked = [1, 2, 3, 7].flatMap((peak) => Array.from({ length: 8 }, (_, bin) => (bin === peak ? 100 : 0)))
  const cls = (cells: number, set: Readonly<Record<number, readonly number[]>> = {}) =>
    table(`cls${cells}`, [cells, 3], set)
  const dis = (cells: number, set: Readonly<Record<number, readonly number[]>> = {}) =>
    table(`dis${cells}`, [cells, 32], set)
  const { predictions } = await predictionsOf({
    outputs: [cls(64), cls(16, { 6: [0.1, 0.2, 0.3] }), cls(4), dis(64), dis(16, { 6: peaked }), dis(4)],
  })
  // Cell 6 of the second grid: column 2, row 1.
  near(boxAt(predictions, 64 + 6), [39.5 - 16, 23.5 - 32, 39.5 + 48, 23.5 + 112])
  near([predictions.probability(64 + 6, 2)], [0.3])
  near(boxAt(predictions, 0), [3.5 - 28, 3.5 - 28, 3.5 + 28, 3.5 + 28])
})

test('UltraFace: corners as shares of the sides', async () => {
  const { predictions } = await predictionsOf({
    input: [1, 3, 48, 64],
    outputs: [table('scores', [9, 2], { 5: [0.2, 0.8] }), table('boxes', [9, 4], { 5: [0.25, 0.5, 0.75, 1] })],
  })
  near(boxAt(predictions, 5), [16, 24, 48, 48])
  near([predictions.probability(5, 0)], [0.8])
})

test('tiny YOLOv2 of VOC: anchors in cells, softmax over classes', async () => {
  const data = new Float32Array(125 * 4)
  const cell = 1 // column 1, row 0
  const set = (channel: number, value: number) => data.fill(value, channel * 4 + cell, channel * 4 + cell + 1)
  // Third anchor: 6.63 × 11.38 cells.
  ;[0.1, -0.2, -1, -2, 1.5, 2].forEach((value, offset) => {
    set(50 + offset, value)
  })
  const { descriptor, predictions } = await predictionsOf({ outputs: [{ name: 'grid', dims: [1, 125, 2, 2], data }] })
  assert.equal(descriptor.classNames.length, 20)
  const index = 2 * 4 + cell
  const [x, y] = [(1 + sigmoid(0.1)) * 32, sigmoid(-0.2) * 32]
  const [w, h] = [Math.exp(-1) * 6.63 * 32, Math.exp(-2) * 11.38 * 32]
  near(boxAt(predictions, index), [x - w / 2, y - h / 2, x + w / 2, y + h / 2])
  near(
    [predictions.objectness!(index), predictions.probability(index, 0)],
    [sigmoid(1.5), Math.exp(2) / (Math.exp(2) + 19)],
  )
})

test('DETR: a softmax whose last class is no object, and boxes as shares of the sides', async () => {
  const logits = table('logits', [100, 3], { 7: [1001, 998, 1000] })
  const { descriptor, predictions } = await predictionsOf({
    input: [1, 3, 48, 64],
    outputs: [table('pred_boxes', [100, 4], { 7: [0.5, 0.25, 0.5, 0.125] }), logits],
  })
  assert.deepEqual([descriptor.family, descriptor.classNames], ['detr', ['class 0', 'class 1']])
  assert.deepEqual([predictions.count, predictions.objectness, descriptor.nmsIou], [100, undefined, 1])
  near(boxAt(predictions, 7), [16, 9, 48, 15])
  const sum = Math.E + Math.exp(-2) + 1
  near([predictions.probability(7, 0), predictions.probability(7, 1)], [Math.E / sum, Math.exp(-2) / sum], 1e-6)
  near([predictions.probability(8, 0)], [1 / 3], 1e-6)
})

test('RT-DETR: sigmoids, and boxes as shares of the sides', async () => {
  // As many logits as a box has values: names tell them apart, else the boxes come last.
  const logits = [0.3, -2, 0, 9]
  const boxes = table('dets', [20, 4], { 7: [0.5, 0.25, 0.5, 0.125] })
  const labels = table('labels', [20, 4], { 7: logits })
  const { descriptor, predictions } = await predictionsOf({ input: [1, 3, 48, 64], outputs: [boxes, labels] })
  assert.equal(descriptor.family, 'rt-detr')
  const renamed = decoderOf(descriptor)([
    { ...labels, name: 'a' },
    { ...boxes, name: 'b' },
  ])
  for (const read of [predictions, renamed]) {
    near(boxAt(read, 7), [16, 9, 48, 15])
    const probabilities = logits.map((_, classIndex) => read.probability(7, classIndex))
    near(probabilities, logits.map(sigmoid), 1e-6)
  }
})

test('RT-DETR of Ultralytics: rows of a box and probabilities', async () => {
  const { descriptor, predictions } = await predictionsOf({
    input: [1, 3, 48, 64],
    outputs: [table('output0', [20, 7], { 7: [0.5, 0.25, 0.5, 0.125, 0.1, 0.9, 0.2] })],
    metadata: { names: "{0: 'cat', 1: 'dog', 2: 'owl'}", stride: '32', task: 'detect' },
  })
  assert.deepEqual([descriptor.family, descriptor.classNames], ['rt-detr', ['cat', 'dog', 'owl']])
  assert.equal(predictions.count, 20)
  near(boxAt(predictions, 7), [16, 9, 48, 15])
  near([predictions.probability(7, 1), predictions.probability(7, 2)], [0.9, 0.2])
})

for (const dims of [
  [1, 3],
  [1, 3, 1, 1],
]) {
  test(`a classifier's [${dims}]: one prediction, the whole input, of every class`, async () => {
    // Large enough that their powers alone would be infinite.
    const data = Float32Array.of(1001, 998, 1000)
    const { descriptor, predictions } = await predictionsOf({
      input: [1, 3, 48, 64],
      outputs: [{ name: 'logits', dims, data }],
    })
    assert.equal(descriptor.family, 'classifier-logits')
    assert.deepEqual([predictions.count, predictions.classCount, predictions.objectness], [1, 3, undefined])
    near(boxAt(predictions, 0), [0, 0, 64, 48])
    const powers = [1, -2, 0].map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    const probabilities = [0, 1, 2].map((classIndex) => predictions.probability(0, classIndex))
    near(
      probabilities,
      powers.map((power) => power / sum),
      1e-7,
    )
  })
}

test('outputs of another shape than were recognised are an error that shows both', async () => {
  const { descriptor } = await predictionsOf({ outputs: [table('output', [84, 7], {})] })
  const decode = decoderOf(descriptor as DetectorRef['descriptor'])
  assert.throws(() => decode([{ name: 'output', dims: [1, 85, 7], data: new Float32Array(595) }]), {
    code: 'MODEL_OUTPUT_INVALID',
    message: /\[1, 85, 7\].*\[1, 84, 7\]/,
  })
})
