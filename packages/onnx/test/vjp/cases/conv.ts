import { int, ints, tensor, text } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type GradientCase, graphCase, nodeCase } from './case.ts'

const weights = (...dims: readonly number[]) => [dims, randomTensor(dims, 9).data as Float32Array] as const

const conv = (variant: string, x: number[], w: number[], attributes = {}) =>
  nodeCase('Conv', variant, { inputs: { x }, constants: [weights(...w)], attributes, linear: true })

export const convCases: readonly GradientCase[] = [
  conv('1 × 1', [2, 3, 5, 4], [4, 3, 1, 1]),
  conv('3 × 3, padded', [2, 3, 5, 4], [4, 3, 3, 3], { pads: ints(1, 1, 1, 1) }),
  conv('3 × 3, stride 2', [1, 3, 7, 8], [4, 3, 3, 3], { strides: ints(2, 2), pads: ints(1, 1, 1, 1) }),
  conv('uneven kernel and pads', [1, 2, 8, 9], [3, 2, 2, 5], { pads: ints(0, 2, 1, 1) }),
  conv('groups', [1, 4, 6, 5], [6, 2, 3, 3], { group: int(2), pads: ints(1, 1, 1, 1) }),
  conv('depthwise', [1, 4, 6, 5], [4, 1, 5, 5], { group: int(4), pads: ints(2, 2, 2, 2) }),
  conv('depthwise, stride 2', [1, 4, 6, 5], [4, 1, 3, 3], {
    group: int(4),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  conv("6 × 6, stride 2 (a YOLO's stem)", [2, 3, 8, 12], [4, 3, 6, 6], {
    strides: ints(2, 2),
    pads: ints(2, 2, 2, 2),
  }),
  conv('groups, stride 3', [1, 4, 11, 9], [6, 2, 4, 3], {
    group: int(2),
    strides: ints(3, 3),
    pads: ints(1, 2, 0, 1),
  }),
  conv('dilated', [1, 2, 9, 9], [3, 2, 3, 3], { dilations: ints(2, 3), pads: ints(2, 3, 2, 3) }),
  conv('stride beyond the kernel', [1, 2, 9, 9], [3, 2, 1, 1], { strides: ints(2, 3) }),
  conv('SAME_UPPER, strided', [1, 2, 6, 7], [3, 2, 3, 2], { strides: ints(2, 2), auto_pad: text('SAME_UPPER') }),
  conv('SAME_LOWER, even kernel', [1, 2, 6, 7], [3, 2, 2, 4], { auto_pad: text('SAME_LOWER') }),
  conv('VALID', [1, 2, 6, 7], [3, 2, 3, 3], { auto_pad: text('VALID') }),
  conv('pads beyond the kernel', [1, 2, 4, 5], [3, 2, 2, 2], { pads: ints(2, 0, 1, 3) }),
  conv('pads beyond the kernel at its end only', [1, 2, 4, 5], [3, 2, 2, 2], { pads: ints(0, 1, 2, 3) }),
  conv('strides that leave a rest', [1, 2, 9, 10], [3, 2, 3, 3], { strides: ints(3, 4) }),
  conv('1-D', [2, 3, 8], [4, 3, 3], { pads: ints(1, 1) }),
  conv('1-D, stride 2', [2, 3, 8], [4, 3, 3], { strides: ints(2), pads: ints(1, 1) }),
  conv('3-D', [1, 2, 4, 5, 3], [3, 2, 3, 3, 2], { pads: ints(1, 1, 0, 1, 1, 1) }),
  conv('3-D, strided', [1, 2, 4, 5, 6], [3, 2, 2, 3, 3], { strides: ints(2, 1, 2) }),
  nodeCase('Conv', 'a held bias', {
    inputs: { x: [2, 3, 5, 4] },
    constants: [weights(4, 3, 3, 3), weights(4)],
    linear: true,
  }),
  biased('Conv', [2, 3, 5, 4], [4, 3, 3, 3], 4),
]

/** Differentiated by the bias too. */
function biased(op: string, x: readonly number[], w: readonly number[], maps: number): GradientCase {
  return graphCase(op, 'an active bias', {
    inputs: { x, bias: [maps] },
    linear: true,
    build(editor) {
      editor.addInitializer(tensor('weights', ...weights(...w)))
      return editor.addNode(op, { inputs: ['x', 'weights', 'bias'] })
    },
  })
}

const transposed = (variant: string, x: number[], w: number[], attributes = {}) =>
  nodeCase('ConvTranspose', variant, { inputs: { x }, constants: [weights(...w)], attributes, linear: true })

export const convTransposeCases: readonly GradientCase[] = [
  transposed('2 × 2, stride 2', [2, 3, 4, 5], [3, 2, 2, 2], { strides: ints(2, 2) }),
  transposed('3 × 3, stride 1, padded', [1, 3, 4, 5], [3, 2, 3, 3], { pads: ints(1, 1, 1, 1) }),
  transposed('4 × 4, stride 2, padded (CenterNet)', [1, 3, 4, 5], [3, 2, 4, 4], {
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  transposed('3 × 3, stride 2, output_padding', [1, 3, 4, 5], [3, 2, 3, 3], {
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
    output_padding: ints(1, 1),
  }),
  transposed('output_padding beyond the kernel', [1, 3, 4, 5], [3, 2, 2, 2], {
    strides: ints(2, 3),
    output_padding: ints(1, 2),
  }),
  transposed('groups', [1, 4, 4, 5], [4, 3, 3, 3], { group: int(2), strides: ints(2, 1) }),
  transposed('depthwise', [2, 4, 4, 5], [4, 1, 4, 4], {
    group: int(4),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  transposed('dilated, uneven pads', [1, 2, 5, 4], [2, 3, 3, 2], {
    dilations: ints(2, 3),
    strides: ints(2, 1),
    pads: ints(0, 1, 2, 1),
  }),
  transposed('1-D', [2, 3, 6], [3, 2, 3], { strides: ints(2), pads: ints(1, 0) }),
  transposed('3-D', [1, 2, 3, 4, 3], [2, 3, 2, 3, 2], { strides: ints(2, 1, 2) }),
  nodeCase('ConvTranspose', 'a held bias', {
    inputs: { x: [2, 3, 4, 5] },
    constants: [weights(3, 2, 2, 2), weights(2)],
    attributes: { strides: ints(2, 2) },
    linear: true,
  }),
  biased('ConvTranspose', [2, 3, 4, 5], [3, 2, 2, 2], 2),
]
