import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElemType, type GraphEditor, normalised, tensor } from '../../src/index.ts'
import { assertSame, built, opTypesIn, randomImage } from './running.ts'

const dims = [1, 2]
const relu = (editor: GraphEditor, input: string, output: string) =>
  editor.addNode('Relu', { inputs: [input], outputs: [output] })

function refused(build: (editor: GraphEditor) => void, message: RegExp) {
  assert.throws(() => normalised(built(17, dims, build)), { code: 'MODEL_INVALID', message })
}

test('nodes in any order are put into one in which they can run', async () => {
  const sorted = built(17, dims, (editor) => {
    editor.addNode('Abs', { inputs: ['image'], outputs: ['a'] })
    editor.addNode('Neg', { inputs: ['a'], outputs: ['b'] })
    editor.addNode('Exp', { inputs: ['b'], outputs: ['c'] })
    editor.addNode('Add', { inputs: ['c', 'a'], outputs: ['output'] })
  })
  const order = ['Abs', 'Neg', 'Exp', 'Add']
  assert.deepEqual(opTypesIn(await assertSame(sorted, { image: randomImage(dims) })), order)
  sorted.graph!.node.reverse()
  assert.deepEqual(opTypesIn(normalised(sorted)), order)
})

test('nodes that can run as they stand stay where they are', () => {
  const model = built(17, dims, (editor) => {
    for (const input of ['image', 'a', 'image', 'c', 'b']) relu(editor, input, 'abcde'[editor.nodes.length]!)
    editor.addNode('Sum', { inputs: ['d', 'e'], outputs: ['output'] })
  })
  const names = model.graph!.node.flatMap(({ output }) => output)
  assert.deepEqual(
    normalised(model).graph!.node.flatMap(({ output }) => output),
    names,
  )
})

test('a cycle is refused with the nodes that wait for each other, and those only', () => {
  refused((editor) => {
    editor.addNode('Add', { inputs: ['image', 'c'], outputs: ['a'] })
    editor.addNode('Exp', { inputs: ['a'], outputs: ['c'] })
    editor.addNode('Neg', { inputs: ['c'], outputs: ['output'] })
  }, /^the graph has a cycle: the "Add" node that makes "a", which waits for the "Exp" node that makes "c", and so on/)
  refused((editor) => relu(editor, 'output', 'output'), /cycle: the "Relu" node that makes "output", and so on/)
})

test('a long cycle is named in part, and a long chain sorted without recursion', () => {
  const chain = (first: string) => (editor: GraphEditor) => {
    relu(editor, 'v19999', 'output')
    for (let i = 19_999; i >= 0; i--) relu(editor, i === 0 ? first : `v${i - 1}`, `v${i}`)
  }
  refused(chain('v19998'), /… \(19999 nodes\), and so on/)
  assert.equal(normalised(built(17, dims, chain('image'))).graph!.node.length, 20_001)
})

test('a value that nothing makes is refused with who uses it', () => {
  refused(
    (editor) => relu(editor, 'lost\n', 'output'),
    /the "Relu" node that makes "output" uses "lost\\n", which nothing makes/,
  )
  refused((editor) => relu(editor, 'image', 'other'), /nothing makes the output "output"/)
})

test('a value that two things make is refused with both', () => {
  refused((editor) => {
    relu(editor, 'image', 'output')
    editor.addNode('Abs', { inputs: ['image'], outputs: ['output'] })
    editor.model.graph!.node[1]!.name = 'second'
  }, /"output" is made twice: by the "Relu" node that makes "output" and by the "Abs" node "second"/)
  refused((editor) => relu(editor, 'image', 'image'), /"image" is made twice: by an input or an initializer and by/)
  refused((editor) => {
    editor.addInput('image', ElemType.FLOAT, dims)
    relu(editor, 'image', 'output')
  }, /"image" is made twice/)
})

test('an initializer that is an input too, as in old files, is no input afterwards', () => {
  const model = built(9, dims, (editor) => {
    editor.addInitializer(tensor('weights', [2], Float32Array.of(2, 3)))
    editor.addInput('weights', ElemType.FLOAT, [2])
    editor.addInitializer(tensor('unused', [1], Float32Array.of(1)))
    editor.addInput('unused', ElemType.FLOAT, [1])
    editor.addNode('Mul', { inputs: ['image', 'weights'], outputs: ['output'] })
  })
  const { input, initializer } = normalised(model).graph!
  assert.deepEqual([input.map(({ name }) => name), initializer.map(({ name }) => name)], [['image'], ['weights']])
})
