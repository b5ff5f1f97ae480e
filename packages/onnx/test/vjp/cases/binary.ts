import { tensor } from '../../../src/index.ts'
import { type CaseOptions, type GradientCase, graphCase, nodeCase, spacedTensor } from './case.ts'

/** Pairs of shapes in which one is repeated along the other: to the left, to the right, both, of lower rank. */
const broadcasts: readonly (readonly [variant: string, a: readonly number[], b: readonly number[]])[] = [
  ['equal shapes', [2, 3, 4], [2, 3, 4]],
  ['b per channel', [2, 3, 4], [3, 1]],
  ['a per channel', [3, 1], [2, 3, 4]],
  ['both repeated', [2, 1, 4], [1, 3, 1]],
  ['b a scalar', [2, 3], []],
  ['a a scalar', [], [2, 3]],
]

const pairs = (op: string, options: Partial<CaseOptions>, range: readonly [number, number] = [-1, 1]) =>
  broadcasts.map(([variant, a, b]) =>
    nodeCase(op, variant, { inputs: { a: spacedTensor(a, 1, [-1, 1]), b: spacedTensor(b, 2, range) }, ...options }),
  )

const held = (dims: readonly number[], ...values: readonly number[]) => [dims, Float32Array.from(values)] as const

const three = {
  a: spacedTensor([2, 3, 4], 1, [-1, 1]),
  b: spacedTensor([3, 1], 2, [-0.51, 0.49]),
  c: spacedTensor([2, 1, 4], 3, [-0.72, 0.69]),
}

/** y = where(c > 0, …), c held by the file. */
const where = (variant: string, condition: readonly number[], a: readonly number[], b: readonly number[]) =>
  graphCase('Where', variant, {
    inputs: { a, b },
    linear: true,
    build(editor) {
      const size = condition.reduce((product, dim) => product * dim, 1)
      const signs = Float32Array.from({ length: size }, (_, i) => (i % 3) - 1)
      const inputs = [tensor('signs', condition, signs), tensor('zero', [], Float32Array.of(0))]
      const [chosen] = editor.addNode('Greater', { inputs: inputs.map((each) => editor.addInitializer(each)) })
      return editor.addNode('Where', { inputs: [chosen!, 'a', 'b'] })
    },
  })

/** What exporters make of a SiLU, with the factors in either order. */
const silu = (variant: string, dims: readonly number[], isGateFirst: boolean) =>
  graphCase('Mul', variant, {
    inputs: { x: spacedTensor(dims, 1, [-4, 4]) },
    build(editor) {
      const [gate] = editor.addNode('Sigmoid', { inputs: ['x'] })
      return editor.addNode('Mul', { inputs: isGateFirst ? [gate!, 'x'] : ['x', gate!] })
    },
  })

const powers: readonly GradientCase[] = [
  nodeCase('Pow', 'a held exponent, negative bases too', { inputs: { a: [2, 3, 4] }, constants: [held([], 2)] }),
  nodeCase('Pow', 'an exponent of int64', {
    inputs: { a: [2, 3, 4] },
    constants: [[[], BigInt64Array.of(3n)]],
  }),
  nodeCase('Pow', 'exponents 0, 0.5, 1 and −2', {
    inputs: { a: spacedTensor([3, 4], 1, [0.2, 2]) },
    constants: [held([4], 0, 0.5, 1, -2)],
  }),
  ...broadcasts.map(([variant, a, b]) =>
    nodeCase('Pow', `both active, ${variant}`, {
      inputs: { a: spacedTensor(a, 1, [0.2, 2]), b: spacedTensor(b, 2, [-1.5, 2]) },
    }),
  ),
  graphCase('Pow', 'a held base', {
    inputs: { b: [2, 3] },
    build(editor) {
      editor.addInitializer(tensor('base', [3], Float32Array.of(0.5, 2, 3)))
      return editor.addNode('Pow', { inputs: ['base', 'b'] })
    },
  }),
]

export const binaryCases: readonly GradientCase[] = [
  ...pairs('Add', { linear: true }),
  ...pairs('Sub', { linear: true }),
  ...pairs('Mul', {}),
  silu('SiLU of a picture', [2, 8, 3, 4], false),
  silu('SiLU of rows', [2, 3, 4], true),
  ...pairs('Div', {}, [0.5, 2]),
  nodeCase('Div', 'negative divisors', {
    inputs: { a: [2, 3], b: spacedTensor([2, 3], 2, [-2, -0.5]) },
  }),
  graphCase('Mul', 'a value by itself', {
    inputs: { x: [2, 3] },
    build: (editor) => editor.addNode('Mul', { inputs: ['x', 'x'] }),
  }),
  ...powers,
  ...['Max', 'Min'].flatMap((op) => [
    nodeCase(op, 'one input', { inputs: { a: three.a } }),
    nodeCase(op, 'two inputs, b per channel', { inputs: { a: three.a, b: three.b } }),
    nodeCase(op, 'three inputs, broadcast', { inputs: three }),
    nodeCase(op, 'a held limit', { inputs: { a: three.a }, constants: [held([], 0.1)] }),
  ]),
  ...['Sum', 'Mean'].flatMap((op) => [
    nodeCase(op, 'one input', { inputs: { a: [2, 3] }, linear: true }),
    nodeCase(op, 'three inputs, broadcast', { inputs: three, linear: true }),
  ]),
  where('equal shapes', [2, 3, 4], [2, 3, 4], [2, 3, 4]),
  where('the condition per channel', [3, 1], [2, 3, 4], [2, 3, 4]),
  where('all repeated', [2, 1, 1], [1, 3, 1], [1, 1, 4]),
  where('b a scalar', [2, 3], [2, 3], []),
  graphCase('Where', 'a condition that x decides', {
    inputs: { x: spacedTensor([2, 3, 4], 1, [-1, 1]) },
    build(editor) {
      editor.addInitializer(tensor('zero', [], Float32Array.of(0)))
      const [positive] = editor.addNode('Greater', { inputs: ['x', 'zero'] })
      const [squared] = editor.addNode('Mul', { inputs: ['x', 'x'] })
      return editor.addNode('Where', { inputs: [positive!, 'x', squared!] })
    },
  }),
  nodeCase('PRelu', 'a slope per channel', {
    inputs: { x: spacedTensor([2, 3, 4], 1, [-1, 1]), slope: [3, 1] },
  }),
  nodeCase('PRelu', 'one slope', { inputs: { x: spacedTensor([2, 3, 4], 1, [-1, 1]), slope: [1] } }),
  nodeCase('PRelu', 'a slope per number', { inputs: { x: spacedTensor([2, 4], 1, [-1, 1]), slope: [2, 4] } }),
  nodeCase('PRelu', 'held slopes', {
    inputs: { x: spacedTensor([2, 3, 4], 1, [-1, 1]) },
    constants: [held([3, 1], 0.1, -0.5, 2)],
  }),
]
