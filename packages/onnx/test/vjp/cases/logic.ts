import { ElemType, type GraphEditor, int, tensor } from '../../../src/index.ts'
import { type GradientCase, graphCase, nodeCase, spacedTensor } from './case.ts'

const constant = (editor: GraphEditor, value: number) =>
  editor.addInitializer(tensor(editor.freshName('constant'), [], Float32Array.of(value)))
const whole = (editor: GraphEditor, ...values: readonly number[]) =>
  editor.addInitializer(tensor(editor.freshName('integers'), [values.length], BigInt64Array.from(values.map(BigInt))))

/** y = x where a condition on x holds, else x²; x is away from 0 and ±0.5. */
const condition = (op: string, variant: string, build: (editor: GraphEditor) => readonly string[]) =>
  graphCase(op, variant, {
    inputs: { x: spacedTensor([3, 4], 8, [-1, 1]) },
    build(editor) {
      const [square] = editor.addNode('Mul', { inputs: ['x', 'x'] })
      return editor.addNode('Where', { inputs: [...build(editor), 'x', square!] })
    },
  })

const compared = (op: string) =>
  condition(op, 'as a condition', (editor) => editor.addNode(op, { inputs: ['x', constant(editor, 0)] }))

const combined = (op: string) =>
  condition(op, 'of two conditions', (editor) => {
    const [above] = editor.addNode('Greater', { inputs: ['x', constant(editor, -0.5)] })
    const [below] = editor.addNode('Less', { inputs: ['x', constant(editor, 0.5)] })
    return editor.addNode(op, { inputs: [above!, below!] })
  })

/** The place of the largest number of x, changed by an operator of integers, weighs x. */
const ofPlaces = (op: string, variant: string, change: (editor: GraphEditor, at: string) => readonly string[]) =>
  graphCase(op, variant, {
    inputs: { x: spacedTensor([2, 4], 9, [-1, 1]) },
    opset: 18,
    build(editor) {
      const inputs = ['x', whole(editor, 1)]
      const [value, at] = editor.addNode('TopK', { inputs, outputs: ['value', 'at'] })
      const [weight] = editor.addNode('Cast', {
        inputs: [...change(editor, at!)],
        attributes: { to: int(ElemType.FLOAT) },
      })
      const [weighed] = editor.addNode('Mul', { inputs: ['x', weight!] })
      return editor.addNode('Add', { inputs: [weighed!, value!] })
    },
  })

export const logicCases: readonly GradientCase[] = [
  ...['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'].map(compared),
  ...['And', 'Or', 'Xor'].map(combined),
  ...['IsNaN', 'IsInf'].map((op) => condition(op, 'as a condition', (editor) => editor.addNode(op, { inputs: ['x'] }))),
  condition('Not', 'of a condition', (editor) =>
    editor.addNode('Not', { inputs: editor.addNode('Less', { inputs: ['x', constant(editor, 0)] }) }),
  ),
  ofPlaces('Mod', 'of places', (editor, at) => editor.addNode('Mod', { inputs: [at, whole(editor, 3)] })),
  nodeCase('Mod', 'of numbers', {
    inputs: { x: spacedTensor([4], 8, [-1, 1]) },
    constants: [[[2, 1], Float32Array.of(0.4, 0.7)]],
    attributes: { fmod: int(1) },
  }),
  ofPlaces('OneHot', 'of places', (editor, at) => {
    const values = editor.addInitializer(tensor('values', [2], Float32Array.of(0.25, 2)))
    const [hot] = editor.addNode('OneHot', { inputs: [at, whole(editor, 4), values] })
    return editor.addNode('Squeeze', { inputs: [hot!, whole(editor, 1)] })
  }),
  graphCase('NonZero', 'the numbers that are not 0, picked', {
    inputs: { x: spacedTensor([2, 3], 10, [-1, 1]) },
    build(editor) {
      const [places] = editor.addNode('NonZero', { inputs: editor.addNode('Relu', { inputs: ['x'] }) })
      return editor.addNode('GatherND', { inputs: ['x', ...editor.addNode('Transpose', { inputs: [places!] })] })
    },
  }),
  graphCase('EyeLike', 'in the shape of a matrix', {
    inputs: { x: [3, 3] },
    build: (editor) => editor.addNode('Mul', { inputs: ['x', ...editor.addNode('EyeLike', { inputs: ['x'] })] }),
  }),
]
