import { type Attribute, type GraphEditor, int, tensor, text } from '../../../src/index.ts'
import { type GradientCase, graphCase, nodeCase, spacedTensor } from './case.ts'

type Attributes = Readonly<Record<string, Attribute>>
type Indices = readonly [dims: readonly number[], values: readonly number[]]

const held = ([dims, values]: Indices) => [dims, BigInt64Array.from(values.map(BigInt))] as const

const gather = (op: string, variant: string, x: readonly number[], indices: Indices, attributes: Attributes = {}) =>
  nodeCase(op, variant, { inputs: { x }, constants: [held(indices)], attributes, linear: true })

const scatter = (
  op: string,
  variant: string,
  [x, updates]: readonly (readonly number[])[],
  indices: Indices,
  attributes: Attributes = {},
) =>
  graphCase(op, variant, {
    inputs: { x: x!, updates: updates! },
    linear: true,
    opset: 18,
    build: (editor) => editor.addNode(op, { inputs: ['x', integers(editor, indices), 'updates'], attributes }),
  })

const integers = (editor: GraphEditor, indices: Indices) =>
  editor.addInitializer(tensor(editor.freshName('indices'), ...held(indices)))

/** The numbers that are the largest of x, and what is made of their indices. */
const topK = (variant: string, x: readonly number[], k: number, attributes: Attributes) =>
  graphCase('TopK', variant, {
    inputs: { x: spacedTensor(x, 4, [-1, 1]) },
    build: (editor) =>
      editor
        .addNode('TopK', { inputs: ['x', integers(editor, [[1], [k]])], outputs: ['y', 'at'], attributes })
        .slice(0, 1),
  })

export const gatherCases: readonly GradientCase[] = [
  gather('Gather', 'one slice, which loses its axis', [2, 3, 4], [[], [1]], { axis: int(1) }),
  gather('Gather', 'a negative index', [2, 3, 4], [[], [-1]], { axis: int(-1) }),
  gather('Gather', 'a run', [5, 3], [[3], [1, 2, 3]]),
  gather('Gather', 'another order', [2, 3, 4], [[3], [2, 0, 1]], { axis: int(1) }),
  gather('Gather', 'some, in another order', [2, 5, 3], [[3], [4, 0, -2]], { axis: int(1) }),
  gather('Gather', 'a run backwards', [5, 3], [[3], [3, 2, 1]]),
  gather(
    'Gather',
    'a table of different indices',
    [2, 5, 3],
    [
      [2, 2],
      [4, 0, 3, 1],
    ],
    { axis: int(1) },
  ),
  gather('Gather', 'one several times', [4, 3], [[5], [1, 1, 3, 0, 1]]),
  gather('Gather', 'several times, along an axis in the middle', [2, 4, 3], [[3], [2, 2, 0]], { axis: int(1) }),
  gather(
    'Gather',
    'a table of indices',
    [2, 4, 3, 2],
    [
      [2, 3],
      [0, 1, 1, 2, -1, 0],
    ],
    { axis: int(-2) },
  ),
  graphCase('Gather', 'none', {
    inputs: { x: [2, 4] },
    linear: true,
    build(editor) {
      const inputs = ['x', integers(editor, [[0], []])]
      const [none] = editor.addNode('Gather', { inputs, attributes: { axis: int(1) } })
      return editor.addNode('Concat', { inputs: [none!, 'x'], attributes: { axis: int(1) } })
    },
  }),
  graphCase('Gather', 'rows that TopK finds', {
    inputs: { x: spacedTensor([6, 3], 7, [-1, 1]) },
    build(editor) {
      const [column] = editor.addNode('Gather', {
        inputs: ['x', integers(editor, [[], [0]])],
        attributes: { axis: int(1) },
      })
      const [, at] = editor.addNode('TopK', {
        inputs: [column!, integers(editor, [[1], [2]])],
        outputs: ['most', 'at'],
      })
      return editor.addNode('Gather', { inputs: ['x', at!] })
    },
  }),
  graphCase('Gather', 'the row that ArgMax finds', {
    inputs: { x: spacedTensor([2, 4, 3], 7, [-1, 1]) },
    build(editor) {
      const columns = { inputs: ['x', integers(editor, [[], [0]])], attributes: { axis: int(0) } }
      const places = editor.addNode('Gather', columns)
      const flat = editor.addNode('Reshape', { inputs: [...places, integers(editor, [[1], [-1]])] })
      const most = editor.addNode('ArgMax', { inputs: flat, attributes: { keepdims: int(0) } })
      const row = editor.addNode('Mod', { inputs: [...most, integers(editor, [[], [4]])] })
      return editor.addNode('Gather', { inputs: ['x', ...row], attributes: { axis: int(1) } })
    },
  }),
  graphCase('Gather', 'indices of 32 bits', {
    inputs: { x: [3, 4] },
    linear: true,
    build(editor) {
      const wide = integers(editor, [[2], [2, 2]])
      const [narrow] = editor.addNode('Cast', { inputs: [wide], attributes: { to: int(6) } })
      return editor.addNode('Gather', { inputs: ['x', narrow!], attributes: { axis: int(1) } })
    },
  }),
  gather(
    'GatherElements',
    'the first axis',
    [3, 2],
    [
      [2, 2],
      [0, 2, 2, -1],
    ],
  ),
  gather(
    'GatherElements',
    'one several times, along the last axis',
    [2, 3],
    [
      [2, 2],
      [0, 0, 2, 1],
    ],
    { axis: int(-1) },
  ),
  gather(
    'GatherND',
    'numbers',
    [3, 4],
    [
      [3, 2],
      [0, 1, 2, 3, 0, 1],
    ],
  ),
  gather(
    'GatherND',
    'slices',
    [3, 4, 2],
    [
      [2, 2, 1],
      [0, 2, 2, -1],
    ],
  ),
  gather(
    'GatherND',
    'a batch',
    [2, 3, 4],
    [
      [2, 2, 1],
      [0, 2, 1, 1],
    ],
    { batch_dims: int(1) },
  ),
  gather(
    'GatherND',
    'numbers in a batch',
    [2, 3, 4],
    [
      [2, 2, 2],
      [0, 1, 2, 3, 1, 1, 1, 1],
    ],
    { batch_dims: int(1) },
  ),
  gather(
    'GatherND',
    'two axes of batches',
    [2, 3, 4],
    [
      [2, 3, 1],
      [0, 2, 1, 1, 3, 0],
    ],
    { batch_dims: int(2) },
  ),
  scatter(
    'ScatterElements',
    'replaced',
    [
      [3, 4],
      [2, 2],
    ],
    [
      [2, 2],
      [0, 3, 2, 1],
    ],
    { axis: int(1) },
  ),
  scatter(
    'ScatterElements',
    'added, twice in one place',
    [
      [3, 4],
      [2, 2],
    ],
    [
      [2, 2],
      [0, 2, 0, -1],
    ],
    {
      reduction: text('add'),
    },
  ),
  scatter(
    'ScatterND',
    'replaced slices',
    [
      [4, 3],
      [2, 3],
    ],
    [
      [2, 1],
      [3, 0],
    ],
  ),
  scatter(
    'ScatterND',
    'added, twice in one place',
    [[3, 4], [3]],
    [
      [3, 2],
      [0, 1, 2, 3, 0, 1],
    ],
    { reduction: text('add') },
  ),
  topK('the largest of the last axis', [2, 6], 3, {}),
  topK('the smallest of an axis in the middle', [2, 5, 3], 2, { axis: int(1), largest: int(0) }),
  topK('in their own order', [8], 4, { axis: int(0), sorted: int(0) }),
]
