import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attribute, float, type GraphEditor, int, ints, normalised, tensor, text } from '../../src/index.ts'
import { assertSame, built, opTypesIn, randomImage } from './running.ts'

const int64 = (...values: readonly number[]) => BigInt64Array.from(values.map(BigInt))
const floats = (...values: number[]): Attribute => ({ type: 6, floats: values })

interface Case {
  readonly title: string
  readonly opset: number
  /** @default [2, 3, 4, 6] */
  readonly dims?: readonly number[]
  readonly build: (editor: GraphEditor) => void
}

/** image → one node → output. */
function single(opType: string, attributes: Record<string, Attribute>, inputs: readonly string[] = []) {
  return (editor: GraphEditor) =>
    void editor.addNode(opType, { inputs: ['image', ...inputs], outputs: ['output'], attributes })
}

/** Of a node with several outputs, their sum or their parts joined again. */
function joined(opType: string, outputs: number, attributes: Record<string, Attribute>) {
  return (editor: GraphEditor) => {
    const names = Array.from({ length: outputs }, (_, i) => `part${i}`)
    editor.addNode(opType, { inputs: ['image'], outputs: names, attributes })
    editor.addNode('Concat', { inputs: names.toReversed(), outputs: ['output'], attributes: { axis: int(1) } })
  }
}

function resized(mode: string, scales: readonly number[]) {
  return (editor: GraphEditor) => {
    editor.addInitializer(tensor('scales', [4], Float32Array.from(scales)))
    single('Resize', { mode: text(mode) }, ['scales'])(editor)
  }
}

const cases: readonly Case[] = [
  { title: 'Slice', opset: 9, build: single('Slice', { starts: ints(1, -3), ends: ints(3, 100), axes: ints(1, 3) }) },
  { title: 'Slice without axes', opset: 9, build: single('Slice', { starts: ints(0, 1), ends: ints(1, -1) }) },
  {
    title: 'Pad of zeros',
    opset: 10,
    build: single('Pad', { pads: ints(0, 0, 1, 2, 0, 0, 3, 0), mode: text('constant') }),
  },
  { title: 'Pad of a value', opset: 7, build: single('Pad', { pads: ints(0, 0, 1, 2, 0, 1, 0, 1), value: float(-2) }) },
  {
    title: 'Pad of reflections',
    opset: 10,
    build: single('Pad', { pads: ints(0, 0, 1, 2, 0, 0, 3, 0), mode: text('reflect') }),
  },
  { title: 'Clip', opset: 10, build: single('Clip', { min: float(-0.25), max: float(0.5) }) },
  { title: 'Clip from below', opset: 7, build: single('Clip', { min: float(0) }) },
  { title: 'Clip from above', opset: 7, build: single('Clip', { max: float(0.1) }) },
  {
    title: 'Upsample by its attribute',
    opset: 7,
    build: single('Upsample', { mode: text('nearest'), scales: floats(1, 1, 2, 3) }),
  },
  {
    title: 'linear Upsample',
    opset: 9,
    build: (editor) => {
      editor.addInitializer(tensor('scales', [4], Float32Array.of(1, 1, 2, 2)))
      single('Upsample', { mode: text('linear') }, ['scales'])(editor)
    },
  },
  { title: 'enlarging Resize', opset: 10, build: resized('nearest', [1, 1, 2, 1.5]) },
  { title: 'shrinking Resize', opset: 10, dims: [1, 2, 7, 9], build: resized('nearest', [1, 1, 0.5, 0.4]) },
  { title: 'linear Resize', opset: 10, build: resized('linear', [1, 1, 1.7, 2]) },
  {
    title: 'Resize with empty optional inputs',
    opset: 11,
    build: (editor) => {
      editor.addInitializer(tensor('empty', [0], new Float32Array()))
      editor.addInitializer(tensor('sizes', [4], int64(2, 3, 9, 11)))
      const attributes = { mode: text('linear'), coordinate_transformation_mode: text('align_corners') }
      const inputs = ['image', 'empty', 'empty', 'sizes']
      editor.addNode('Resize', { inputs, outputs: ['output'], attributes })
    },
  },
  { title: 'Squeeze', opset: 11, dims: [2, 1, 3, 1], build: single('Squeeze', { axes: ints(1) }) },
  { title: 'Squeeze of all', opset: 11, dims: [2, 1, 3, 1], build: single('Squeeze', {}) },
  { title: 'Unsqueeze', opset: 12, dims: [2, 3], build: single('Unsqueeze', { axes: ints(0, 3) }) },
  { title: 'ReduceSum', opset: 11, build: single('ReduceSum', { axes: ints(1, -1), keepdims: int(0) }) },
  { title: 'ReduceSum of all', opset: 7, build: single('ReduceSum', {}) },
  { title: 'ReduceMean, which is as it was', opset: 7, build: single('ReduceMean', { axes: ints(2, 3) }) },
  { title: 'Split', opset: 11, build: joined('Split', 2, { axis: int(1), split: ints(1, 2) }) },
  { title: 'Split in equal parts', opset: 11, build: joined('Split', 3, { axis: int(1) }) },
  { title: 'Softmax over the axes from 1', opset: 12, build: single('Softmax', {}) },
  { title: 'Softmax over the axes from 2', opset: 9, build: single('Softmax', { axis: int(2) }) },
  { title: 'Softmax over the last axis but one and the last', opset: 11, build: single('Softmax', { axis: int(-2) }) },
  { title: 'Softmax over the last axis', opset: 11, build: single('Softmax', { axis: int(-1) }) },
  { title: 'Softmax over all', opset: 7, build: single('Softmax', { axis: int(0) }) },
  { title: 'LogSoftmax', opset: 12, build: single('LogSoftmax', { axis: int(2) }) },
  {
    title: 'BatchNormalization',
    opset: 7,
    build: (editor) => {
      for (const [i, name] of ['scale', 'bias', 'mean', 'variance'].entries()) {
        editor.addInitializer(tensor(name, [3], Float32Array.of(0.5 + i, 1, 2)))
      }
      const inputs = ['scale', 'bias', 'mean', 'variance']
      single('BatchNormalization', { epsilon: float(1e-3), momentum: float(0.8) }, inputs)(editor)
    },
  },
  {
    title: 'TopK',
    opset: 9,
    build: (editor) =>
      void editor.addNode('TopK', {
        inputs: ['image'],
        outputs: ['output', 'indices'],
        attributes: { axis: int(1), k: int(2) },
      }),
  },
  {
    title: 'Scatter',
    opset: 10,
    dims: [2, 3],
    build: (editor) => {
      editor.addInitializer(tensor('indices', [1, 2], int64(1, 0)))
      editor.addInitializer(tensor('updates', [1, 2], Float32Array.of(5, 6)))
      single('Scatter', {}, ['indices', 'updates'])(editor)
    },
  },
  {
    title: 'RoiAlign',
    opset: 13,
    dims: [1, 2, 8, 8],
    build: (editor) => {
      editor.addInitializer(tensor('rois', [1, 4], Float32Array.of(1, 1.5, 5, 6)))
      editor.addInitializer(tensor('images', [1], int64(0)))
      const attributes = { output_height: int(3), output_width: int(3), sampling_ratio: int(2) }
      single('RoiAlign', attributes, ['rois', 'images'])(editor)
    },
  },
]

for (const { title, opset, dims = [2, 3, 4, 6], build } of cases) {
  test(`${title} of opset ${opset} computes the same in opset 17`, async () => {
    await assertSame(built(opset, dims, build), { image: randomImage(dims) })
  })
}

test('a model of opset 18 keeps its opset and its forms', async () => {
  const build = (editor: GraphEditor) => {
    editor.addInitializer(tensor('axes', [1], int64(1)))
    single('ReduceMean', {}, ['axes'])(editor)
  }
  const normal = await assertSame(built(18, [2, 3, 4], build), { image: randomImage([2, 3, 4]) })
  assert.deepEqual(
    normal.opsetImport.map(({ version }) => version),
    [18n],
  )
  assert.deepEqual(normal.graph!.node[0]!.input, ['image', 'axes'])
})

test('Softmax over the last axis stays one node', () => {
  const model = built(11, [2, 3], single('Softmax', { axis: int(-1) }))
  assert.deepEqual(opTypesIn(normalised(model)), ['Softmax'])
})

test('an empty region, scales or sizes of a Resize are left out', () => {
  const { build, dims = [2, 3, 4, 6] } = cases.find(({ title }) => title === 'Resize with empty optional inputs')!
  assert.deepEqual(normalised(built(11, dims, build)).graph!.node[0]!.input, ['image', '', '', 'sizes'])
})

test('forms that opset 17 has no equal for are refused with their node and a remedy', () => {
  const scaled = built(12, [1, 2, 4, 4], (editor) => {
    editor.addInitializer(tensor('scales', [4], Float32Array.of(1, 1, 2, 2)))
    const attributes = { coordinate_transformation_mode: text('tf_half_pixel_for_nn') }
    editor.addNode('Resize', { inputs: ['image', '', 'scales'], outputs: ['output'], attributes })
  })
  const refusal = {
    code: 'MODEL_UNSUPPORTED',
    message: /"Resize" node that makes "output".*tf_half_pixel_for_nn.*opset 13/,
  }
  assert.throws(() => normalised(scaled), refusal)
  const spatial = built(7, [1, 2, 4, 4], single('BatchNormalization', { spatial: int(0) }))
  assert.throws(() => normalised(spatial), { code: 'MODEL_UNSUPPORTED', message: /spatial = 0.*opset 9/ })
  const old = built(6, [1, 2, 4, 4], single('Relu', {}))
  assert.throws(() => normalised(old), { code: 'MODEL_UNSUPPORTED', message: /operator set 6\. .*opset 7 or later/ })
})
