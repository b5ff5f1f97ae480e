import { int, ints } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type GradientCase, nodeCase } from './case.ts'

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
  conv('dilated', [1, 2, 9, 9], [3, 2, 3, 3], { dilations: ints(2, 3), pads: ints(2, 3, 2, 3) }),
  conv('stride beyond the kernel', [1, 2, 9, 9], [3, 2, 1, 1], { strides: ints(2, 3) }),
]
