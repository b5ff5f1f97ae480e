import { float, int, tensor } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type GradientCase, graphCase, nodeCase } from './case.ts'

const lrn = (variant: string, x: readonly number[], size: number) =>
  nodeCase('LRN', variant, {
    inputs: { x },
    attributes: { size: int(size), alpha: float(0.9), beta: float(0.6), bias: float(1.5) },
  })

/** Of which the square is not far from the default epsilon. */
const small = randomTensor([2, 8], 3, 0.06)

const groupNorm = (variant: string, groups: number, { count, opset }: { count: number; opset: number }) =>
  graphCase('GroupNormalization', variant, {
    inputs: { x: [2, 6, 3, 4], scale: [count], bias: [count] },
    opset,
    build(editor) {
      const attributes = { num_groups: int(groups), epsilon: float(0.1) }
      const [y] = editor.addNode('GroupNormalization', { inputs: ['x', 'scale', 'bias'], attributes })
      // onnxruntime does not tell the shape of y by itself.
      const shape = editor.addInitializer(tensor('shape', [3], BigInt64Array.of(2n, 6n, 12n)))
      return editor.addNode('Reshape', { inputs: [y!, shape] })
    },
  })

export const layerNormCases: readonly GradientCase[] = [
  nodeCase('LayerNormalization', 'the last axis', { inputs: { x: [2, 5, 8], scale: [8], bias: [8] } }),
  nodeCase('LayerNormalization', 'the last two axes', {
    inputs: { x: [2, 3, 4], scale: [3, 4], bias: [3, 4] },
    attributes: { axis: int(1), epsilon: float(0.1) },
  }),
  nodeCase('LayerNormalization', 'a scale that is broadcast, no bias', {
    inputs: { x: [2, 3, 4], scale: [4] },
    attributes: { axis: int(-2) },
  }),
  nodeCase('LayerNormalization', 'opset 20', { inputs: { x: [2, 8], scale: [8] }, opset: 20 }),
  nodeCase('LayerNormalization', 'numbers as small as epsilon', { inputs: { x: small, scale: [8] } }),
  nodeCase('RMSNormalization', 'numbers as small as epsilon', { inputs: { x: small, scale: [8] }, opset: 23 }),
  nodeCase('RMSNormalization', 'the last axis', { inputs: { x: [2, 5, 8], scale: [8] }, opset: 23 }),
  nodeCase('RMSNormalization', 'the last two axes', {
    inputs: { x: [2, 3, 4], scale: [3, 4] },
    attributes: { axis: int(1), epsilon: float(0.1) },
    opset: 23,
  }),
  groupNorm('parameters by group (opset 18)', 2, { count: 2, opset: 18 }),
  groupNorm('parameters by channel (opset 21)', 3, { count: 6, opset: 21 }),
  nodeCase('LpNormalization', 'length 1', { inputs: { x: [3, 4] } }),
  nodeCase('LpNormalization', 'sum 1 along the channels', {
    inputs: { x: randomTensor([2, 3, 4], 3, 2) },
    attributes: { p: int(1), axis: int(1) },
  }),
  lrn('some of the channels', [2, 9, 2, 3], 7),
  nodeCase('LRN', 'attributes left out', {
    inputs: { x: randomTensor([1, 4, 2, 2], 3, 10) },
    attributes: { size: int(3) },
  }),
  lrn('more neighbours than channels', [1, 3, 2, 4], 9),
]
