import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { TensorProtoSchema } from '../../src/generated/onnx_pb.ts'
import {
  ElemType,
  elemTypesIn,
  float32In,
  GraphEditor,
  int,
  type Model,
  newModel,
  normalised,
  signatureOf,
} from '../../src/index.ts'
import { assertSame, built, randomImage, run } from './running.ts'

const dims = [1, 4]
const weights = [1.5, -0.099975586, 65504, 6e-8]

function half(name: string, values: readonly number[], listed = false) {
  const bits = new Uint16Array(new Float16Array(values).buffer)
  const data = listed ? { int32Data: [...bits] } : { rawData: new Uint8Array(bits.buffer) }
  return create(TensorProtoSchema, { name, dims: [BigInt(values.length)], dataType: ElemType.FLOAT16, ...data })
}

/** A float16 network with a Cast to float32 and back, CastLike and ConstantOfShape, between values a and g. */
function addHalfNet(editor: GraphEditor, listed: boolean): void {
  const node = (opType: string, inputs: readonly string[], output: string, attributes = {}) =>
    editor.addNode(opType, { inputs, outputs: [output], attributes })
  editor.addInitializer(half('weights', weights, listed))
  node('Mul', ['a', 'weights'], 'b')
  node('Cast', ['b'], 'c', { to: int(ElemType.FLOAT) })
  node('Tanh', ['c'], 'd')
  node('Cast', ['d'], 'e', { to: int(ElemType.FLOAT16) })
  node('CastLike', ['d', 'a'], 'f')
  node('Shape', ['a'], 'shape')
  node('ConstantOfShape', ['shape'], 'h', { value: { type: 4, t: half('', [0.25]) } })
  node('Sum', ['e', 'f', 'h'], 'g')
}

/** onnxruntime for Node takes no float16 itself. */
const wrapped = (listed: boolean) =>
  built(17, dims, (editor) => {
    editor.addNode('Cast', { inputs: ['image'], outputs: ['a'], attributes: { to: int(ElemType.FLOAT16) } })
    addHalfNet(editor, listed)
    editor.addNode('Cast', { inputs: ['g'], outputs: ['output'], attributes: { to: int(ElemType.FLOAT) } })
  })

for (const listed of [false, true]) {
  test(`a float16 network computes the same in float32, its weights ${listed ? 'listed' : 'raw'}`, async () => {
    const normal = await assertSame(wrapped(listed), { image: randomImage(dims) }, { tolerance: 2e-3 })
    const types = elemTypesIn(normal)
    assert.deepEqual(
      [...'abcdefgh'].map((name) => types.get(name)),
      Array(8).fill(ElemType.FLOAT),
    )
  })
}

test('inputs and outputs of float16 take and give float32, and the given model stays as it is', async () => {
  const editor = new GraphEditor(newModel({ name: 'half', producer: 'test', opset: 17 }))
  editor.addInput('a', ElemType.FLOAT16, dims)
  addHalfNet(editor, false)
  editor.addOutput('g', ElemType.FLOAT16, dims)
  const normal = normalised(editor.model)
  const typesOf = (model: Model) => {
    const { inputs, outputs } = signatureOf(model)
    return [...inputs, ...outputs].map(({ elemType }) => elemType)
  }
  assert.deepEqual(typesOf(normal), [ElemType.FLOAT, ElemType.FLOAT])
  assert.deepEqual(typesOf(editor.model), [ElemType.FLOAT16, ElemType.FLOAT16])
  await run(normal, { a: randomImage(dims) })
})

test('float16 weights are read to the bit', () => {
  const { initializer } = normalised(wrapped(true)).graph!
  const held = initializer.find(({ name }) => name === 'weights')!
  assert.deepEqual([...float32In(held)!], [...new Float16Array(weights)])
})
