import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { changed } from '../src/copy.ts'
import { NodeProtoSchema } from '../src/generated/onnx_pb.ts'
import {
  ElemType,
  encodeModel,
  float,
  GraphEditor,
  int,
  integersIn,
  ints,
  newNode,
  tensor,
  text,
} from '../src/index.ts'
import { smallModel } from './small-model.ts'

test('editing leaves the original as it was, to the byte', () => {
  const model = smallModel()
  const before = encodeModel(model)
  const editor = new GraphEditor(model)
  editor.addInput('extra', ElemType.FLOAT, ['batch', 3, undefined])
  editor.addInitializer(tensor('bias', [1], Float32Array.of(1)))
  editor.addNode('Relu', { inputs: ['output'], at: 'start' })
  editor.renameUses('image', 'extra')
  editor.removeInput('image')
  editor.sealInitializers()
  editor.addOutput('extra', ElemType.FLOAT, [])
  assert.deepEqual(encodeModel(model), before)
  assert.notDeepEqual(encodeModel(editor.model), before)
})

test('what the schema does not know is carried over into the copy', () => {
  const model = smallModel()
  model.$unknown = [{ no: 500, wireType: 0, data: Uint8Array.of(7) }]
  model.graph!.$unknown = model.$unknown
  const { model: copy } = new GraphEditor(model)
  assert.deepEqual(encodeModel(copy), encodeModel(model))
})

test('fresh names differ from every name in the graph and its subgraphs', () => {
  const model = smallModel()
  const inner = { opType: 'Relu', input: ['image'], output: ['hidden'] }
  const branch = { node: [inner], initializer: [tensor('held', [1], Float32Array.of(1))] }
  model.graph!.node.push(create(NodeProtoSchema, { opType: 'If', attribute: [{ name: 'then_branch', g: branch }] }))
  const editor = new GraphEditor(model)
  const names = ['image', 'weights', 'output', 'hidden', 'held', 'free', 'free'].map((stem) => editor.freshName(stem))
  assert.deepEqual(names, ['image_1', 'weights_1', 'output_1', 'hidden_1', 'held_1', 'free', 'free_1'])
})

test('nodes at the start keep their own order, before all others; one can go before another', () => {
  const editor = new GraphEditor(smallModel())
  editor.addNode('A', { inputs: [], at: 'start' })
  editor.addNode('B', { inputs: [], at: 'start' })
  editor.addNode('D', { inputs: [] })
  editor.addNode('C', { inputs: [], at: editor.nodes[3]! })
  assert.deepEqual(
    editor.nodes.map(({ opType }) => opType),
    ['A', 'B', 'Conv', 'C', 'D'],
  )
})

test('nodes give way to others in their places, and the names of what those make are taken', () => {
  const model = smallModel()
  const editor = new GraphEditor(model)
  const [conv] = editor.nodes
  const relu = newNode('Relu', { inputs: ['made'], outputs: ['output'] })
  editor.replaceNodes((node) => (node === conv ? [changed(node, { output: ['made'] }), relu] : [node]))
  assert.deepEqual(
    editor.nodes.map(({ opType, output }) => [opType, ...output]),
    [
      ['Conv', 'made'],
      ['Relu', 'output'],
    ],
  )
  assert.equal(editor.freshName('made'), 'made_1')
  assert.deepEqual(conv!.output, ['output'])
  assert.equal(model.graph!.node[0], conv)
})

test('a use within a subgraph is a use, and is renamed', () => {
  const model = smallModel()
  const branch = { node: [{ opType: 'Relu', input: ['image'], output: ['r'] }] }
  model.graph!.node.push(create(NodeProtoSchema, { opType: 'If', attribute: [{ name: 'then_branch', g: branch }] }))
  const editor = new GraphEditor(model)
  assert.deepEqual(
    editor.consumers('image').map(({ opType }) => opType),
    ['Conv', 'If'],
  )
  editor.renameUses('image', 'other')
  assert.deepEqual(editor.consumers('image'), [])
  assert.deepEqual(
    editor.consumers('other').map(({ opType }) => opType),
    ['Conv', 'If'],
  )
  assert.equal(editor.producer('output')?.opType, 'Conv')
})

test('attributes carry the type that ONNX wants', () => {
  const editor = new GraphEditor(smallModel())
  const attributes = { axis: int(-1), pads: ints(0, 1), alpha: float(0.5), mode: text('ré') }
  editor.addNode('Any', { inputs: [], attributes })
  const [axis, pads, alpha, mode] = editor.nodes.at(-1)!.attribute
  assert.deepEqual([axis!.type, axis!.i], [2, -1n])
  assert.deepEqual([pads!.type, pads!.ints], [7, [0n, 1n]])
  assert.deepEqual([alpha!.type, alpha!.f], [1, 0.5])
  assert.deepEqual([mode!.type, new TextDecoder().decode(mode!.s)], [3, 'ré'])
})

test('a tensor whose data does not fill its dimensions is a programming error', () => {
  assert.throws(() => tensor('t', [2, 2], Float32Array.of(1)), RangeError)
})

test('integers are read however they are stored', () => {
  assert.deepEqual(integersIn(tensor('t', [2], BigInt64Array.of(-1n, 5n))), [-1, 5])
  const listed = tensor('t', [0], new BigInt64Array())
  listed.int64Data = [3n]
  assert.deepEqual(integersIn(listed), [3])
  assert.equal(integersIn(tensor('t', [1], Float32Array.of(1))), undefined)
})
