import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import {
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  NodeProtoSchema,
} from '../../src/generated/onnx_pb.ts'
import { type Attribute, ElemType, float, type GraphEditor, int, normalised, tensor, text } from '../../src/index.ts'
import { assertSame, built, opTypesIn, randomImage } from './running.ts'

const dims = [2, 3]
const feeds = { image: randomImage(dims) }
const bool = (value: boolean, name = 'flag') => ({
  ...tensor(name, [0], new Float32Array()),
  dims: [],
  dataType: ElemType.BOOL,
  rawData: Uint8Array.of(value ? 1 : 0),
})

const constants: Readonly<Record<string, Attribute>> = {
  value: { type: 4, t: tensor('', [3], Float32Array.of(1, 2, 3)) },
  value_float: float(1.5),
  value_floats: { type: 6, floats: [1, -2, 0.5] },
  value_int: int(-3),
  value_ints: { type: 7, ints: [1n, 2n, -5n] },
}

for (const [name, attribute] of Object.entries(constants)) {
  test(`a Constant with its ${name} becomes an initializer of the same name`, async () => {
    const model = built(13, dims, (editor) => {
      editor.addNode('Constant', { inputs: [], outputs: ['held'], attributes: { [name]: attribute } })
      editor.addNode('Cast', { inputs: ['held'], outputs: ['cast'], attributes: { to: int(ElemType.FLOAT) } })
      editor.addNode('Mul', { inputs: ['image', 'cast'], outputs: ['output'] })
    })
    const normal = await assertSame(model, feeds)
    assert.deepEqual(opTypesIn(normal), ['Cast', 'Mul'])
    assert.deepEqual(
      normal.graph!.initializer.map(({ name }) => name),
      ['held'],
    )
  })
}

test('a Constant of text stays a node', () => {
  const model = built(13, dims, (editor) => {
    editor.addNode('Constant', { inputs: [], outputs: ['held'], attributes: { value_string: text('a') } })
    editor.addNode('Custom', { inputs: ['image', 'held'], outputs: ['output'] })
  })
  assert.deepEqual(opTypesIn(normalised(model)), ['Constant', 'Custom'])
})

test('Identity and Dropout go, in chains too, and the last before an output stays as Identity', async () => {
  const model = built(12, dims, (editor) => {
    editor.addInitializer(tensor('ratio', [], Float32Array.of(0.5)))
    editor.addNode('Identity', { inputs: ['image'], outputs: ['a'] })
    editor.addNode('Dropout', { inputs: ['a', 'ratio'], outputs: ['b', 'unused'] })
    editor.addNode('Exp', { inputs: ['b'], outputs: ['c'] })
    editor.addNode('Identity', { inputs: ['c'], outputs: ['d'] })
    editor.addNode('Add', { inputs: ['d', 'b'], outputs: ['e'] })
    editor.addNode('Dropout', { inputs: ['e'], outputs: ['output'] })
  })
  const normal = await assertSame(model, feeds)
  assert.deepEqual(opTypesIn(normal), ['Exp', 'Add', 'Identity'])
  assert.deepEqual(normal.graph!.node[1]!.input, ['c', 'image'])
})

test('a Dropout whose mask is used stays', async () => {
  const model = built(10, dims, (editor) => {
    editor.addNode('Dropout', { inputs: ['image'], outputs: ['a', 'mask'], attributes: { ratio: float(0.3) } })
    editor.addNode('Where', { inputs: ['mask', 'a', 'a'], outputs: ['output'] })
  })
  assert.deepEqual(normalised(model).graph!.node[0]!.attribute, [])
  assert.deepEqual(opTypesIn(normalised(model)), ['Dropout', 'Where'])
})

test('a Dropout that trains is refused, one that is told not to goes', async () => {
  const model = (training: boolean) =>
    built(13, dims, (editor) => {
      editor.addInitializer(bool(training))
      editor.addNode('Dropout', { inputs: ['image', '', 'flag'], outputs: ['a'] })
      editor.addNode('Exp', { inputs: ['a'], outputs: ['output'] })
    })
  const refusal = {
    code: 'MODEL_UNSUPPORTED',
    message: /"Dropout" node that makes "a" may be training.*evaluation mode/,
  }
  assert.throws(() => normalised(model(true)), refusal)
  assert.deepEqual(opTypesIn(await assertSame(model(false), feeds)), ['Exp'])
})

/** input + held, in names that both branches share. */
function branch(held: number): GraphProto {
  return create(GraphProtoSchema, {
    name: 'branch',
    node: [
      { opType: 'Add', input: ['image', 'held'], output: ['sum'] },
      { opType: 'Exp', input: ['sum'], output: ['result'] },
    ],
    initializer: [tensor('held', [1], Float32Array.of(held))],
    output: [{ name: 'result', type: { value: { case: 'tensorType', value: { elemType: ElemType.FLOAT } } } }],
  })
}

function branching(taken: boolean, change: (then: GraphProto) => void = () => {}) {
  return built(13, dims, (editor: GraphEditor) => {
    const then = branch(1)
    change(then)
    editor.addNode('Constant', {
      inputs: [],
      outputs: ['flag'],
      attributes: { value: { type: 4, t: bool(taken, '') } },
    })
    const attributes = { then_branch: { type: 5, g: then }, else_branch: { type: 5, g: branch(-1) } } as const
    editor.addNode('If', { inputs: ['flag'], outputs: ['chosen'], attributes })
    editor.addNode('Mul', { inputs: ['chosen', 'image'], outputs: ['output'] })
  })
}

test('an If whose condition is held gives way to its branch', async () => {
  for (const taken of [true, false]) {
    assert.deepEqual(opTypesIn(await assertSame(branching(taken), feeds)), ['Add', 'Exp', 'Mul'])
  }
})

test('branches that use the same names do not meet', async () => {
  const model = branching(true)
  const [, first] = model.graph!.node
  const attribute = [first!.attribute[0]!, first!.attribute[1]!].toReversed().map((each, i) => {
    const name = ['then_branch', 'else_branch'][i]!
    return create(AttributeProtoSchema, { name, type: 5, g: each.g! })
  })
  const second = create(NodeProtoSchema, { opType: 'If', input: ['flag'], output: ['another'], attribute })
  model.graph!.node.splice(2, 0, second)
  model.graph!.node[3]!.input = ['chosen', 'another']
  assert.deepEqual(opTypesIn(await assertSame(model, feeds)), ['Add', 'Exp', 'Add', 'Exp', 'Mul'])
})

test('what comes out of a branch is checked like the rest', () => {
  const dangling = branching(true, (then) => void then.node[1]!.input.splice(0, 1, 'lost'))
  assert.throws(() => normalised(dangling), { code: 'MODEL_INVALID', message: /uses "lost", which nothing makes/ })
  const round = branching(true, (then) => void then.node[0]!.input.push('result'))
  assert.throws(() => normalised(round), { code: 'MODEL_INVALID', message: /cycle/ })
})

test('a branch that has a subgraph itself is refused', () => {
  const model = branching(true, (then) => {
    const inner = create(AttributeProtoSchema, { name: 'body', type: 5, g: branch(2) })
    then.node.push(create(NodeProtoSchema, { opType: 'Loop', input: ['sum'], output: ['looped'], attribute: [inner] }))
  })
  assert.throws(() => normalised(model), {
    code: 'MODEL_UNSUPPORTED',
    message: /"If" node that makes "chosen" runs a subgraph/,
  })
})
