import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElemType, type GraphEditor, int, normalised, signatureOf, tensor } from '../../src/index.ts'
import { assertFree, built, numbersIn, opTypesIn, randomImage, run } from './running.ts'

const dims = [1, 6, 4]

/** Boxes as they come, scores of two classes; the boxes that are kept, and perhaps the raw scores. */
function suppressed(change: (editor: GraphEditor) => void = () => {}) {
  return built(11, dims, (editor) => {
    const add = (opType: string, inputs: readonly string[], output: string, attributes = {}) =>
      editor.addNode(opType, { inputs, outputs: [output], attributes })
    const held = (name: string, ...values: readonly bigint[]) =>
      editor.addInitializer(tensor(name, [values.length], BigInt64Array.from(values)))
    add('Abs', ['image'], 'boxes')
    add('Slice', ['image', held('from', 0n), held('to', 2n), held('axes', 2n)], 'pair')
    add('Sigmoid', ['pair'], 'probabilities')
    add('Transpose', ['probabilities'], 'scores', { perm: { type: 7, ints: [0n, 2n, 1n] } })
    add('NonMaxSuppression', ['boxes', 'scores', held('most', 3n)], 'kept')
    add('Gather', ['kept', held('column', 2n)], 'indices', { axis: int(1) })
    add('Gather', ['boxes', 'indices'], 'output', { axis: int(1) })
    change(editor)
  })
}

test('outputs behind NonMaxSuppression give way to the boxes and scores that go into it', async () => {
  const model = suppressed()
  const normal = normalised(model)
  assert.deepEqual(
    signatureOf(normal).outputs.map(({ name, shape }) => [name, shape]),
    [
      ['boxes', [undefined, undefined, 4]],
      ['scores', [undefined, undefined, undefined]],
    ],
  )
  assert.deepEqual(opTypesIn(normal), ['Abs', 'Slice', 'Sigmoid', 'Transpose'])
  assert.ok(!normal.graph!.initializer.some(({ name }) => name === 'most'))
  const image = randomImage(dims)
  const { boxes } = await run(normal, { image })
  assert.deepEqual(numbersIn(boxes!), numbersIn(image).map(Math.abs))
  await assertFree(normal, 'image', [image, randomImage(dims, 2)])
})

test('outputs that do not depend on NonMaxSuppression stay, and none comes twice', () => {
  const normal = normalised(
    suppressed((editor) => {
      editor.addOutput('probabilities', ElemType.FLOAT, [1, 6, 2])
      editor.addOutput('boxes', ElemType.FLOAT, [1, 6, 4])
      editor.addOutput('output', ElemType.FLOAT, [])
    }),
  )
  assert.deepEqual(
    signatureOf(normal).outputs.map(({ name }) => name),
    ['probabilities', 'boxes', 'scores'],
  )
})

test('a NonMaxSuppression that no output needs changes nothing', () => {
  const normal = normalised(suppressed((editor) => editor.addOutput('pair', ElemType.FLOAT, [1, 6, 2])))
  assert.deepEqual(
    signatureOf(normal).outputs.map(({ name }) => name),
    ['pair'],
  )
})

test('a second NonMaxSuppression that no output needs makes none', () => {
  const model = suppressed((editor) => {
    editor.addNode('NonMaxSuppression', { inputs: ['boxes', 'others'], outputs: ['unused'] })
    editor.addNode('Exp', { inputs: ['scores'], outputs: ['others'], at: editor.nodes.at(-1)! })
  })
  assert.deepEqual(
    signatureOf(normalised(model)).outputs.map(({ name }) => name),
    ['boxes', 'scores'],
  )
})
