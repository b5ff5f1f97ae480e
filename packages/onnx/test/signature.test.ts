import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { NodeProtoSchema, StringStringEntryProtoSchema } from '../src/generated/onnx_pb.ts'
import { ElemType, GraphEditor, int, newModel, signatureOf, tensor } from '../src/index.ts'
import { fixtureModel } from './fixtures.ts'
import { smallModel } from './small-model.ts'

test('the fixtures are read as their README describes them', async (t) => {
  const yolox = await fixtureModel('yolox_nano')
  const v8 = await fixtureModel('yolox_nano_v8layout')
  const ultraface = await fixtureModel('ultraface_rfb_320')
  const nanodet = await fixtureModel('nanodet_m_320')
  if (!yolox || !v8 || !ultraface || !nanodet) return t.skip('detector fixtures absent')

  const { metadata, ...rest } = signatureOf(yolox)
  assert.deepEqual(rest, {
    inputs: [{ name: 'images', shape: [1, 3, 416, 416], elemType: ElemType.FLOAT }],
    outputs: [{ name: 'output', shape: [1, 3549, 85], elemType: ElemType.FLOAT }],
    producer: 'pytorch 1.10',
    opset: 11,
    focusStem: true,
    probabilities: [],
  })
  assert.deepEqual(metadata, {})
  assert.deepEqual(signatureOf(v8).inputs[0]?.shape, ['batch', 3, 416, 416])
  assert.ok(signatureOf(v8).focusStem)
  // Its 132 weights are listed as inputs too.
  assert.deepEqual(
    signatureOf(ultraface).inputs.map(({ name }) => name),
    ['input'],
  )
  assert.equal(signatureOf(ultraface).opset, 9)
  assert.deepEqual(signatureOf(ultraface).probabilities, ['scores'])
  assert.ok(!signatureOf(nanodet).focusStem)
  assert.equal(signatureOf(nanodet).outputs.length, 6)
})

test('what the file leaves open stays open', () => {
  const editor = new GraphEditor(smallModel())
  editor.addOutput('partly', ElemType.INT64, [undefined, 'n', 2])
  editor.model.graph!.output.push({ $typeName: 'onnx.ValueInfoProto', name: 'bare', docString: '', metadataProps: [] })
  const { outputs } = signatureOf(editor.model)
  assert.deepEqual(outputs[1], { name: 'partly', shape: [undefined, 'n', 2], elemType: ElemType.INT64 })
  assert.deepEqual(outputs[2], { name: 'bare', shape: undefined, elemType: undefined })
})

test('metadata cannot reach a prototype, and a key that comes twice has its last value', () => {
  const model = smallModel()
  const entries = [
    ['__proto__', 'p'],
    ['names', 'old'],
    ['names', 'new'],
  ] as const
  model.metadataProps = entries.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
  const { metadata } = signatureOf(model)
  assert.deepEqual(Object.entries(metadata), [
    ['__proto__', 'p'],
    ['names', 'new'],
  ])
})

interface Change {
  step?: number
  axis?: number
  repeat?: boolean
  other?: boolean
}

function focusModel({ step = 2, axis = 1, repeat = false, other = false }: Change) {
  const editor = new GraphEditor(newModel({ name: 'focus', producer: 'test', opset: 13 }))
  editor.addInput('image', ElemType.FLOAT, [1, 3, 8, 8])
  editor.addInitializer(tensor('ends', [2], BigInt64Array.of(2n ** 63n - 1n, 2n ** 63n - 1n)))
  editor.addInitializer(tensor('axes', [2], BigInt64Array.of(2n, -1n)))
  editor.addInitializer(tensor('steps', [2], BigInt64Array.of(BigInt(step), BigInt(step))))
  const parts = [0, 1, 2, repeat ? 2 : 3].map((phase) => {
    const starts = tensor(editor.freshName('starts'), [2], BigInt64Array.of(BigInt(phase >> 1), BigInt(phase & 1)))
    // As exporters before constant folding write it.
    const constant = create(NodeProtoSchema, { attribute: [{ name: 'value', t: starts }] }).attribute[0]!
    editor.addNode('Constant', { inputs: [], outputs: [starts.name], attributes: { value: constant } })
    return editor.addNode('Slice', { inputs: ['image', starts.name, 'ends', 'axes', 'steps'] })[0]!
  })
  editor.addNode('Concat', { inputs: parts, outputs: ['joined'], attributes: { axis: int(axis) } })
  if (other) editor.addNode('Relu', { inputs: ['image'] })
  return editor.model
}

test('a Focus is slices of the four phases of the input, joined as channels, and nothing else', () => {
  assert.ok(signatureOf(focusModel({})).focusStem)
  assert.ok(signatureOf(focusModel({ axis: -3 })).focusStem)
  for (const change of [{ step: 3 }, { axis: 2 }, { repeat: true }, { other: true }]) {
    assert.ok(!signatureOf(focusModel(change)).focusStem, JSON.stringify(change))
  }
})

function endingIn(...opTypes: readonly string[]) {
  const editor = new GraphEditor(newModel({ name: 'ending', producer: 'test', opset: 13 }))
  editor.addInput('image', ElemType.FLOAT, [1, 3])
  const last = opTypes.reduce((value, opType) => editor.addNode(opType, { inputs: [value] })[0]!, 'image')
  editor.addOutput(last, ElemType.FLOAT, [1, 3])
  return { model: editor.model, last }
}

test('outputs of a Softmax or a Sigmoid are probabilities, whatever changes their shape afterwards', () => {
  for (const opTypes of [['Softmax'], ['Relu', 'Sigmoid', 'Flatten', 'Identity']]) {
    const { model, last } = endingIn(...opTypes)
    assert.deepEqual(signatureOf(model).probabilities, [last])
  }
  for (const opTypes of [['Softmax', 'Log'], ['Relu'], []]) {
    assert.deepEqual(signatureOf(endingIn(...opTypes).model).probabilities, [])
  }
})

test('a graph that goes round in a circle makes no probabilities', () => {
  const { model, last } = endingIn('Identity', 'Identity')
  model.graph!.node[0]!.input[0] = last
  assert.deepEqual(signatureOf(model).probabilities, [])
})
