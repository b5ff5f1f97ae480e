import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import {
  type Attribute,
  ElemType,
  encodeModel,
  float32In,
  GraphEditor,
  ints,
  type Model,
  newModel,
  randomised,
  tensor,
} from '../src/index.ts'
import { fixtureModel } from './fixtures.ts'

const numbers = (count: number, seed: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 7 + seed))
const TENSOR = 4

/** Conv with its weights, one shared through an Identity, a transposed Conv, a Gemm of a Constant, a MatMul from the left. */
function network(): Model {
  const editor = new GraphEditor(newModel({ name: 'layers', producer: 'test', opset: 17 }))
  const weights = (name: string, dims: readonly number[], seed: number) =>
    editor.addInitializer(
      tensor(
        name,
        dims,
        numbers(
          dims.reduce((product, dim) => product * dim, 1),
          seed,
        ),
      ),
    )
  const node = (op: string, inputs: readonly string[], outputs: readonly string[], attributes = {}) =>
    editor.addNode(op, { inputs, outputs, attributes })
  editor.addInput('image', ElemType.FLOAT, [1, 3, 4, 4])
  weights('first', [3, 3, 1, 1], 1)
  weights('bias', [3], 2)
  weights('up', [3, 3, 1, 1], 3)
  weights('left', [16, 16], 4)
  weights('scale', [3, 1], 5)
  node('Conv', ['image', 'first', 'bias'], ['a'])
  node('Identity', ['first'], ['same'])
  node('Conv', ['a', 'same'], ['b'])
  node('ConvTranspose', ['b', 'up'], ['c'])
  node('Reshape', ['c', editor.addInitializer(tensor('rows', [2], BigInt64Array.of(3n, 16n)))], ['d'])
  const held: Attribute = { type: TENSOR, t: tensor('', [16, 16], numbers(256, 6)) }
  node('Constant', [], ['held'], { value: held })
  node('Gemm', ['d', 'held'], ['e'])
  node('Mul', ['e', 'scale'], ['f'])
  node('Transpose', ['f'], ['g'], { perm: ints(1, 0) })
  node('MatMul', ['left', 'g'], ['output'])
  for (const name of ['a', 'b', 'c', 'e']) editor.addOutput(name, ElemType.FLOAT, [])
  editor.addOutput('output', ElemType.FLOAT, [16, 3])
  for (const { type } of editor.model.graph!.output)
    if (type?.value.case === 'tensorType') type.value.value.shape = undefined
  return editor.model
}

/** The weights that each layer takes, by its output. */
function weightsIn(model: Model): Readonly<Record<string, Float32Array>> {
  const editor = new GraphEditor(model)
  const layers = editor.nodes.filter(({ opType }) => ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'].includes(opType))
  return Object.fromEntries(
    layers.map(({ output, input }) => {
      const found = input.map((name) => editor.constant(name === 'same' ? 'first' : name)).filter((each) => each)
      return [output[0]!, float32In(found[0]!)!]
    }),
  )
}

const before = weightsIn(network())
const changedIn = (model: Model) =>
  Object.entries(weightsIn(model))
    .filter(([layer, values]) => values.some((value, i) => value !== before[layer]![i]))
    .map(([layer]) => layer)

test('layers are drawn anew from the outputs backwards, as many as are asked for and one at least', () => {
  const changed = (layers: number) => changedIn(randomised(network(), { seed: 1, layers }))
  assert.deepEqual(changed(1e-9), ['output'])
  assert.deepEqual(changed(0.4), ['e', 'output'])
  assert.deepEqual(changed(0.6), ['c', 'e', 'output'])
  assert.deepEqual(changed(0.8), ['b', 'c', 'e', 'output'], 'who shares the weights from before is as it was')
  assert.deepEqual(changed(1), ['a', 'b', 'c', 'e', 'output'])
})

test('each layer keeps its own values, at other places; what shares weights goes on sharing them', () => {
  const after = weightsIn(randomised(network(), { seed: 3, layers: 1 }))
  for (const [layer, values] of Object.entries(after)) assert.deepEqual(values.toSorted(), before[layer]!.toSorted())
  assert.deepEqual(after.a, after.b)
})

test('biases, scales and the model that was given stay as they are', () => {
  const given = network()
  const bytes = encodeModel(given)
  const editor = new GraphEditor(randomised(given, { seed: 3, layers: 1 }))
  for (const name of ['bias', 'scale', 'first', 'up', 'left'])
    assert.deepEqual(editor.initializer(name), new GraphEditor(network()).initializer(name))
  assert.deepEqual(encodeModel(given), bytes)
})

test('the same seed gives the same bytes, another seed others, and a larger share changes no layer in another way', () => {
  const drawn = (seed: number, layers: number) => randomised(network(), { seed, layers })
  assert.deepEqual(encodeModel(drawn(7, 1)), encodeModel(drawn(7, 1)))
  assert.deepEqual(changedIn(drawn(7, 1)).length, 5)
  assert.notDeepEqual(weightsIn(drawn(7, 1)).c, weightsIn(drawn(8, 1)).c)
  assert.deepEqual(weightsIn(drawn(7, 0.4)).e, weightsIn(drawn(7, 1)).e)
})

test('numbers listed one by one, and of other widths, move as wholes', () => {
  const model = network()
  for (const initializer of model.graph!.initializer) {
    if (initializer.name === 'up') {
      initializer.floatData = [...float32In(initializer)!]
      initializer.rawData = new Uint8Array()
    }
    if (initializer.name === 'left') {
      initializer.dataType = ElemType.FLOAT16
      initializer.rawData = new Uint8Array(Uint16Array.from({ length: 256 }, (_, i) => i * 100).buffer)
    }
  }
  const editor = new GraphEditor(randomised(model, { seed: 1, layers: 1 }))
  const inputOf = (layer: string, at: number) => editor.initializer(editor.producer(layer)!.input[at]!)!
  const { floatData } = inputOf('c', 1)
  assert.notDeepEqual(floatData, [...before.c!])
  assert.deepEqual(floatData.toSorted(), [...before.c!].map(Number).toSorted())
  const { rawData } = inputOf('output', 0)
  const halves = [...new Uint16Array(rawData.slice().buffer)]
  assert.deepEqual(
    halves.toSorted((a, b) => a - b),
    Array.from({ length: 256 }, (_, i) => i * 100),
  )
})

test('onnxruntime runs it: what lies before the first layer that changed gives the same bits', async () => {
  const image = new Tensor('float32', numbers(48, 9), [1, 3, 4, 4])
  const run = async (model: Model) =>
    (await InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 })).run({ image })
  const [plain, half] = [await run(network()), await run(randomised(network(), { seed: 2, layers: 0.6 }))]
  assert.deepEqual(half.b!.data, plain.b!.data)
  for (const name of ['c', 'e', 'output']) assert.notDeepEqual(half[name]!.data, plain[name]!.data)
})

test('a network without weights is refused', () => {
  const editor = new GraphEditor(newModel({ name: 'none', producer: 'test', opset: 17 }))
  editor.addInput('image', ElemType.FLOAT, [1, 3, 4, 4])
  editor.addNode('Relu', { inputs: ['image'], outputs: ['output'] })
  editor.addOutput('output', ElemType.FLOAT, [1, 3, 4, 4])
  assert.throws(() => randomised(editor.model, { seed: 1, layers: 1 }), {
    code: 'MODEL_UNSUPPORTED',
    message: /float32/,
  })
})

test('every layer of a real network is found', async (t) => {
  const model = await fixtureModel('yolox_nano')
  if (!model) return t.skip('the shared fixtures are absent')
  const layers = model.graph!.node.filter(({ opType }) => opType === 'Conv')
  const old = new Set(model.graph!.node.flatMap(({ input }) => input))
  const after = randomised(model, { seed: 1, layers: 1 }).graph!.node.filter(({ opType }) => opType === 'Conv')
  assert.ok(layers.length > 80 && after.length === layers.length)
  assert.ok(after.every(({ input }) => !old.has(input[1]!)))
})
