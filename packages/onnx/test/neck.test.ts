import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tensor } from 'onnxruntime-node'
import {
  type Dim,
  ElemType,
  GraphEditor,
  int,
  ints,
  type Model,
  neckOf,
  newModel,
  normalised,
  shapeProbe,
  signatureOf,
  tensor,
} from '../src/index.ts'
import { type FixtureName, fixtureModel } from './fixtures.ts'
import { randomTensor, sessionOf } from './vjp/gradient-check.ts'
import { reference } from './vjp/references.ts'

/** Neck values of a network, with their shapes. */
async function neckIn(original: Model, image: Tensor): Promise<readonly { name: string; shape: readonly Dim[] }[]> {
  const model = normalised(original, { freeBatch: false })
  const inputName = signatureOf(model).inputs[0]!.name
  const probe = shapeProbe(model)
  const shapes = probe.read(await (await sessionOf(probe.model)).run({ [inputName]: image }))
  return neckOf(model, shapes, inputName).map((name) => ({ name, shape: shapes.get(name)! }))
}

const fixtures: Readonly<Record<FixtureName, { image: readonly number[]; neck: Readonly<Record<string, Dim[]>> }>> = {
  yolox_nano: {
    image: [1, 3, 416, 416],
    neck: { '1028': [1, 64, 52, 52], '1070': [1, 64, 26, 26], '1112': [1, 64, 13, 13] },
  },
  yolox_nano_v8layout: {
    image: [1, 3, 416, 416],
    neck: { '1028': [1, 64, 52, 52], '1070': [1, 64, 26, 26], '1112': [1, 64, 13, 13] },
  },
  light_person_192: {
    image: [1, 3, 192, 192],
    neck: { 'input.599': [1, 64, 24, 24], 'input.671': [1, 64, 12, 12], 'input.743': [1, 64, 6, 6] },
  },
  nanodet_m_320: {
    image: [1, 3, 320, 320],
    neck: { '885': [1, 96, 40, 40], '907': [1, 96, 20, 20], '929': [1, 96, 10, 10] },
  },
  ultraface_rfb_320: {
    image: [1, 3, 240, 320],
    neck: {
      '314': [1, 64, 30, 40],
      '360': [1, 128, 15, 20],
      '400': [1, 256, 8, 10],
      '434': [1, 256, 4, 5],
    },
  },
}

for (const [name, { image, neck }] of Object.entries(fixtures)) {
  test(`${name}: one feature map a scale, where its branches part`, async (t) => {
    const model = await fixtureModel(name as FixtureName)
    if (!model) return t.skip('detector fixtures absent')
    const found = await neckIn(model, randomTensor(image, 1))
    assert.deepEqual(Object.fromEntries(found.map((each) => [each.name, each.shape])), neck)
    assert.deepEqual(
      found.map(({ shape }) => shape[3]),
      Object.values(neck).map((shape) => shape[3]),
    )
  })
}

const references = {
  'yolov8-like': [
    '/neck3/exit/exit.2/Mul_output_0',
    '/neck4/exit/exit.2/Mul_output_0',
    '/neck5/exit/exit.2/Mul_output_0',
  ],
  'yolov5-like': [
    '/neck3/exit/exit.2/Mul_output_0',
    '/neck4/exit/exit.2/Mul_output_0',
    '/neck5/exit/exit.2/Mul_output_0',
  ],
  'resnet-like': ['/stage3/stage3.1/relu_1/Relu_output_0'],
  'vit-like': [],
  'detr-like': ['/backbone/backbone.2/backbone.2.2/Mul_output_0'],
} as const

for (const [name, neck] of Object.entries(references)) {
  test(`${name}: ${neck.length} feature maps are read by its heads`, async () => {
    const recorded = await reference(name as keyof typeof references)
    const found = await neckIn(recorded.model, await recorded.tensor(recorded.inputs.images!))
    assert.deepEqual(
      found.map((each) => each.name),
      neck,
    )
  })
}

/** A network of an image [1, 3, 32, 48], by the names of its values. */
function network(build: (net: Builder) => readonly string[]): Promise<readonly string[]> {
  const editor = new GraphEditor(newModel({ name: 'net', producer: 'test', opset: 17 }))
  editor.addInput('image', ElemType.FLOAT, [1, 3, 32, 48])
  for (const output of build(new Builder(editor))) editor.addOutput(output, ElemType.FLOAT, [])
  for (const { type } of editor.model.graph!.output) {
    if (type?.value.case === 'tensorType') delete type.value.value.shape
  }
  return neckIn(editor.model, randomTensor([1, 3, 32, 48], 1)).then((found) => found.map(({ name }) => name))
}

class Builder {
  readonly editor: GraphEditor
  readonly #channels = new Map([['image', 3]])

  constructor(editor: GraphEditor) {
    this.editor = editor
  }

  op(opType: string, output: string, inputs: readonly string[], attributes = {}): string {
    const [first] = inputs
    this.#channels.set(output, this.#channels.get(first!) ?? 0)
    this.editor.addNode(opType, { inputs, outputs: [output], attributes })
    return output
  }

  conv(output: string, input: string, { stride = 1, side = 1, channels = 4 } = {}): string {
    const dims = [channels, this.#channels.get(input)!, side, side]
    const size = dims.reduce((product, dim) => product * dim, 1)
    const weights = tensor(`${output}.weights`, dims, new Float32Array(size).fill(0.1))
    this.editor.addInitializer(weights)
    const pad = Math.floor((side - 1) / 2)
    const attributes = { strides: ints(stride, stride), pads: ints(pad, pad, pad, pad) }
    this.op('Conv', output, [input, weights.name], attributes)
    this.#channels.set(output, channels)
    return output
  }

  reshape(output: string, input: string, ...shape: readonly number[]): string {
    const target = tensor(`${output}.shape`, [shape.length], BigInt64Array.from(shape, BigInt))
    return this.op('Reshape', output, [input, this.editor.addInitializer(target)])
  }
}

test('a head of two branches: the rectified map, and not the convolution that makes it', async () => {
  const neck = await network((net) => {
    const map = net.op('Relu', 'map', [net.conv('stem', 'image', { stride: 4 })])
    const classes = net.op('Sigmoid', 'classes', [net.conv('c2', net.op('Relu', 'c1', [net.conv('c0', map)]))])
    const boxes = net.conv('b1', net.conv('b0', map))
    return [net.reshape('scores', classes, 1, 4, -1), net.reshape('boxes', boxes, 1, 4, -1)]
  })
  assert.deepEqual(neck, ['map'])
})

test('what an output is decoded with is no head: indices, and expectations over bins', async () => {
  const neck = await network((net) => {
    const early = net.conv('early', 'image', { stride: 2 })
    const map = net.op('Relu', 'map', [net.conv('late', early, { stride: 2 })])
    const bins = net.reshape('bins', net.conv('raw', map, { channels: 16 }), 1, 16, 4, -1)
    const expected = net.conv('expected', net.op('Softmax', 'soft', [bins], { axis: int(1) }), { channels: 1 })
    // Which places are largest is an integer, and has no gradient.
    const largest = net.op('ArgMax', 'largest', [net.conv('other', early, { stride: 4 })])
    const place = net.op('Cast', 'place', [largest], { to: int(ElemType.FLOAT) })
    return [net.op('Mul', 'output', [expected, net.op('ReduceMax', 'last', [place], { keepdims: int(0) })])]
  })
  assert.deepEqual(neck, ['map'])
})

test('the map that a classifier pools is found, and the one that it flattens', async () => {
  const features = (net: Builder) => {
    const stem = net.conv('stem', 'image', { stride: 4 })
    return net.op('Relu', 'map', [net.op('Add', 'sum', [net.conv('next', stem, { side: 3 }), stem])])
  }
  const pooled = await network((net) => {
    const pool = net.op('GlobalAveragePool', 'pool', [features(net)])
    return [net.op('Flatten', 'logits', [net.conv('dense', net.op('Relu', 'relu', [net.conv('hidden', pool)]))])]
  })
  const averaged = await network((net) => {
    return [net.op('ReduceMean', 'mean', [features(net)], { axes: ints(2, 3), keepdims: int(0) })]
  })
  const flattened = await network((net) => {
    const flat = net.op('Flatten', 'flat', [features(net)])
    net.editor.addInitializer(tensor('weights', [4 * 8 * 12, 2], new Float32Array(4 * 8 * 12 * 2).fill(0.1)))
    return [net.op('MatMul', 'logits', [flat, 'weights'])]
  })
  assert.deepEqual([pooled, averaged, flattened], [['map'], ['map'], ['map']])
})

test('maps of several sizes come finest first; one without extent is left out', async () => {
  const neck = await network((net) => {
    const fine = net.op('Relu', 'fine', [net.conv('f', 'image', { stride: 4 })])
    const coarse = net.op('Relu', 'coarse', [net.conv('c', fine, { stride: 3, side: 3 })])
    const least = net.op('Relu', 'least', [net.conv('l', coarse, { stride: 4, side: 3 })])
    return [coarse, least, fine].map((map, i) => net.reshape(`out${i}`, net.conv(`head${i}`, map), 1, 4, -1))
  })
  assert.deepEqual(neck, ['fine', 'coarse'])
})

test('a last convolution with a stride is a head of what it reads', async () => {
  const neck = await network((net) => [net.conv('output', net.conv('map', 'image', { stride: 4 }), { stride: 2 })])
  assert.deepEqual(neck, ['map'])
})

test('heads of one size that share no map of it have one each', async () => {
  const neck = await network((net) => {
    const stem = net.conv('stem', 'image', { stride: 2 })
    return ['a', 'b'].map((name) => net.conv(`${name}.head`, net.conv(name, stem, { stride: 2 })))
  })
  assert.deepEqual(neck, ['a', 'b'])
})

test('convolutions that read the image itself have no neck', async () => {
  assert.deepEqual(await network((net) => [net.conv('output', 'image', { stride: 4 })]), [])
})
