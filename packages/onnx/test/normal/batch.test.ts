import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Attribute,
  ElemType,
  type GraphEditor,
  int,
  ints,
  normalised,
  signatureOf,
  tensor,
} from '../../src/index.ts'
import { assertFree, assertSame, built, randomImage } from './running.ts'

const dims = [1, 4, 6]
const images = [randomImage(dims, 1), randomImage(dims, 2)] as const

function shaped(editor: GraphEditor, input: string, output: string, sizes: readonly number[], allowzero = 0) {
  const name = editor.addInitializer(
    tensor(editor.freshName('sizes'), [sizes.length], BigInt64Array.from(sizes.map(BigInt))),
  )
  const attributes: Record<string, Attribute> = allowzero === 0 ? {} : { allowzero: int(allowzero) }
  editor.addNode('Reshape', { inputs: [input, name], outputs: [output], attributes })
}

async function assertFreed(build: (editor: GraphEditor) => void) {
  const normal = await assertSame(built(17, dims, build), { image: images[0] })
  await assertFree(normal, 'image', images)
  return normal
}

test('a batch of 1 becomes open in inputs, outputs and the shapes written inside', async () => {
  const normal = await assertFreed((editor) => {
    shaped(editor, 'image', 'a', [1, 2, 2, 6])
    shaped(editor, 'a', 'output', [1, -1, 6])
    editor.addOutput('output', ElemType.FLOAT, dims)
    editor.addOutput('a', ElemType.FLOAT, [1, 2, 2, 6])
  })
  const { inputs, outputs } = signatureOf(normal)
  assert.deepEqual(
    [...inputs, ...outputs].map(({ shape }) => shape?.[0]),
    ['batch', undefined, 'batch'],
  )
  assert.deepEqual(inputs[0]!.shape, ['batch', 4, 6])
})

test('windows, whose number is part of the first axis, are freed', async () => {
  await assertFreed((editor) => {
    shaped(editor, 'image', 'a', [1, 2, 2, 3, 2])
    editor.addNode('Transpose', { inputs: ['a'], outputs: ['b'], attributes: { perm: ints(0, 1, 3, 2, 4) } })
    shaped(editor, 'b', 'windows', [6, 2, 2])
    editor.addNode('Exp', { inputs: ['windows'], outputs: ['c'] })
    shaped(editor, 'c', 'output', [1, 4, 6], 1)
  })
})

test('a constant joined to each image, as a class token is, is repeated', async () => {
  await assertFreed((editor) => {
    editor.addInitializer(tensor('token', [1, 1, 6], Float32Array.of(1, 2, 3, 4, 5, 6)))
    editor.addNode('Concat', { inputs: ['token', 'image'], outputs: ['a'], attributes: { axis: int(-2) } })
    editor.addInitializer(tensor('grid', [1, 5, 6], new Float32Array(30).fill(2)))
    editor.addNode('Mul', { inputs: ['a', 'grid'], outputs: ['output'] })
  })
})

test('a constant expanded to the batch, with sizes that are computed as PyTorch does, follows it', async () => {
  const normal = await assertFreed((editor) => {
    const held = (name: string, ...values: readonly bigint[]) =>
      editor.addInitializer(tensor(name, [values.length], BigInt64Array.from(values)))
    editor.addInitializer(tensor('token', [1, 1, 6], Float32Array.of(1, 2, 3, 4, 5, 6)))
    const value: Attribute = { type: 4, t: tensor('', [1], BigInt64Array.of(1n)) }
    editor.addNode('ConstantOfShape', { inputs: [held('rank', 3n)], outputs: ['ones'], attributes: { value } })
    editor.addNode('Mul', { inputs: ['ones', held('kept', -1n)], outputs: ['asis'] })
    editor.addNode('Equal', { inputs: [held('wanted', 1n, -1n, -1n), 'asis'], outputs: ['equal'] })
    editor.addNode('Where', { inputs: ['equal', 'ones', 'wanted'], outputs: ['sizes'] })
    editor.addNode('Expand', { inputs: ['token', 'sizes'], outputs: ['expanded'] })
    shaped(editor, 'expanded', 'reshaped', [1, -1, 6])
    editor.addNode('Concat', { inputs: ['reshaped', 'image'], outputs: ['output'], attributes: { axis: int(1) } })
  })
  assert.ok(!normal.graph!.node.some(({ opType }) => opType === 'Where'))
})

test('what is computed from sizes alone, and constants, keep their own shapes', async () => {
  await assertFreed((editor) => {
    editor.addInitializer(tensor('anchors', [2, 12], new Float32Array(24).fill(3)))
    shaped(editor, 'anchors', 'grid', [1, -1, 6])
    editor.addNode('Add', { inputs: ['image', 'grid'], outputs: ['output'] })
  })
})

test('a batch that is open already, or not 1, stays as it is', () => {
  for (const first of ['N', 3]) {
    const model = built(17, dims, (editor) => {
      editor.removeInput('image')
      editor.addInput('image', ElemType.FLOAT, [first, 4, 6])
      shaped(editor, 'image', 'output', [1, -1])
    })
    const normal = normalised(model)
    assert.equal(signatureOf(normal).inputs[0]!.shape![0], first)
    assert.deepEqual(normal.graph!.node, model.graph!.node)
  }
})

test('nothing is freed for who does not want it', () => {
  const model = built(17, dims, (editor) => shaped(editor, 'image', 'output', [1, -1]))
  const normal = normalised(model, { freeBatch: false })
  assert.deepEqual(signatureOf(normal).inputs[0]!.shape, dims)
  assert.deepEqual(normal.graph!.node, model.graph!.node)
})

test('constants joined along the batch, and shapes with an axis of no size, stay as they are', () => {
  const model = built(17, dims, (editor) => {
    editor.addInitializer(tensor('first', [1, 4, 6], new Float32Array(24)))
    editor.addNode('Concat', { inputs: ['first', 'image'], outputs: ['a'], attributes: { axis: int(-3) } })
    editor.addNode('Concat', { inputs: ['first', 'a'], outputs: ['b'], attributes: { axis: int(0) } })
    shaped(editor, 'image', 'c', [1, 0, 6], 1)
    editor.addNode('Concat', { inputs: ['b', 'c'], outputs: ['output'], attributes: { axis: int(1) } })
  })
  assert.deepEqual(normalised(model).graph!.node, model.graph!.node)
})
