import { Tensor } from 'onnxruntime-node'
import { int, ints, tensor } from '../../../src/index.ts'
import { type GradientCase, graphCase, nodeCase, spacedTensor } from './case.ts'

const held = (...values: readonly number[]) => [[values.length], BigInt64Array.from(values.map(BigInt))] as const
const positive = (dims: readonly number[]) => spacedTensor(dims, 3, [0.1, 0.5])
const linear: ReadonlySet<string> = new Set(['ReduceSum', 'ReduceMean'])
/** Whose axes were an input before all others'. */
const hasInput = (op: string, opset: number) => opset >= 18 || op === 'ReduceSum'

function reduction(op: string, variant: string, axes: readonly number[], keepdims: number, opset: number) {
  const x = op === 'ReduceLogSum' ? positive([2, 3, 4]) : spacedTensor([2, 3, 4], 5, [-1, 1])
  const asInput = hasInput(op, opset)
  return nodeCase(op, `${variant}, opset ${opset}`, {
    inputs: { x },
    constants: asInput && axes.length > 0 ? [held(...axes)] : [],
    attributes: { keepdims: int(keepdims), ...(!asInput && axes.length > 0 && { axes: ints(...axes) }) },
    linear: linear.has(op),
    opset,
  })
}

const reductions = [
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'],
  ...['ReduceLogSum', 'ReduceLogSumExp'],
].flatMap((op) => [
  reduction(op, 'axes kept', [1], 1, 17),
  reduction(op, 'axes dropped', [-1, 0], 0, 17),
  reduction(op, 'all axes', [], 0, 17),
  reduction(op, 'axes kept', [0, 2], 1, 18),
  reduction(op, 'axes dropped', [-2], 0, 21),
])

const identities = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'].map((op) =>
  nodeCase(op, 'no axes, to do nothing', {
    inputs: { x: [2, 3] },
    attributes: { keepdims: int(0), noop_with_empty_axes: int(1) },
    linear: true,
    opset: 18,
  }),
)

const product = (variant: string, values: readonly number[]) =>
  nodeCase('ReduceProd', variant, {
    inputs: { x: new Tensor('float32', Float32Array.from(values), [2, values.length / 2]) },
    attributes: { axes: ints(1) },
  })

const cumulative = (variant: string, axis: number, exclusive: number, reverse: number) =>
  nodeCase('CumSum', variant, {
    inputs: { x: [2, 4, 3] },
    constants: [[[], BigInt64Array.of(BigInt(axis))]],
    attributes: { exclusive: int(exclusive), reverse: int(reverse) },
    linear: true,
  })

/** y = x · index of the largest: only x has a gradient. */
const argument = (op: string) =>
  graphCase(op, 'its index as a factor', {
    inputs: { x: spacedTensor([2, 4], 6, [-1, 1]) },
    build(editor) {
      const [index] = editor.addNode(op, { inputs: ['x'], attributes: { axis: int(1) } })
      const [factor] = editor.addNode('Cast', { inputs: [index!], attributes: { to: int(1) } })
      const one = editor.addInitializer(tensor('one', [], Float32Array.of(1)))
      const [shifted] = editor.addNode('Add', { inputs: [factor!, one] })
      return editor.addNode('Mul', { inputs: ['x', shifted!] })
    },
  })

export const reduceCases: readonly GradientCase[] = [
  ...reductions,
  ...identities,
  product('a zero in a row', [0.5, 0, -0.75, 1, 2, 3]),
  product('two zeros in a row', [0.5, 0, 0, 1, 2, 3]),
  ...['ReduceMax', 'ReduceMin'].map((op) =>
    nodeCase(op, 'two that tie', {
      inputs: { x: new Tensor('float32', Float32Array.of(2, 3, 3, 1, 0, 1, 4, 0), [2, 4]) },
      attributes: { axes: ints(1) },
    }),
  ),
  nodeCase('ReduceL2', 'a row of zeros', {
    inputs: { x: new Tensor('float32', Float32Array.of(1, 2, 0, 0), [2, 2]) },
    attributes: { axes: ints(1) },
  }),
  nodeCase('CumSum', 'along an axis', {
    inputs: { x: [2, 4, 3] },
    constants: [[[], BigInt64Array.of(1n)]],
    linear: true,
  }),
  cumulative('exclusive', -1, 1, 0),
  cumulative('reverse', 0, 0, 1),
  cumulative('exclusive and reverse', 1, 1, 1),
  argument('ArgMax'),
  argument('ArgMin'),
]
