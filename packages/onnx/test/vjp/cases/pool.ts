import { type Attribute, int, ints, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase, spacedTensor } from './case.ts'

type Attributes = Readonly<Record<string, Attribute>>

const max = (variant: string, x: readonly number[], attributes: Attributes) =>
  nodeCase('MaxPool', variant, { inputs: { x: spacedTensor(x, 1, [-4, 4]) }, attributes })

const average = (variant: string, x: readonly number[], attributes: Attributes, opset = 17) =>
  nodeCase('AveragePool', variant, { inputs: { x }, attributes, linear: true, opset })

const square = (size: number, stride: number, pad = 0): Attributes => ({
  kernel_shape: ints(size, size),
  strides: ints(stride, stride),
  pads: ints(pad, pad, pad, pad),
})

export const poolCases: readonly GradientCase[] = [
  max('2 × 2, stride 2', [2, 3, 6, 8], square(2, 2)),
  max('3 × 3, stride 2, padded, overlapping', [2, 3, 7, 8], square(3, 2, 1)),
  max('5 × 5, stride 1, padded (SPPF)', [1, 3, 7, 6], square(5, 1, 2)),
  max('1 × 1, stride 2', [1, 2, 5, 6], square(1, 2)),
  max('stride beyond the kernel', [1, 2, 9, 9], { kernel_shape: ints(2, 2), strides: ints(3, 4) }),
  max('uneven kernel, strides and pads', [1, 2, 8, 9], {
    kernel_shape: ints(2, 4),
    strides: ints(1, 3),
    pads: ints(0, 2, 1, 3),
  }),
  max('dilated', [1, 2, 9, 9], { kernel_shape: ints(2, 3), dilations: ints(3, 2), pads: ints(1, 2, 1, 2) }),
  max('dilated and strided', [1, 2, 10, 9], {
    kernel_shape: ints(3, 3),
    dilations: ints(2, 3),
    strides: ints(2, 2),
    pads: ints(1, 1, 1, 1),
  }),
  max('ceil_mode', [2, 2, 8, 7], { ...square(3, 2), ceil_mode: int(1) }),
  max('ceil_mode, padded', [1, 2, 6, 8], { ...square(3, 2, 1), ceil_mode: int(1) }),
  max('ceil_mode, dilated', [1, 2, 5, 6], {
    kernel_shape: ints(2, 2),
    dilations: ints(3, 3),
    strides: ints(3, 3),
    ceil_mode: int(1),
  }),
  max('SAME_UPPER', [1, 2, 7, 6], { kernel_shape: ints(3, 2), strides: ints(2, 1), auto_pad: text('SAME_UPPER') }),
  max('SAME_LOWER', [1, 2, 7, 6], { kernel_shape: ints(2, 2), strides: ints(1, 2), auto_pad: text('SAME_LOWER') }),
  max('VALID', [1, 2, 7, 6], { kernel_shape: ints(3, 3), strides: ints(2, 2), auto_pad: text('VALID') }),
  max('1-D', [2, 3, 9], { kernel_shape: ints(3), strides: ints(2), pads: ints(1, 1) }),
  max('3-D', [1, 2, 5, 4, 6], { kernel_shape: ints(3, 2, 3), strides: ints(2, 2, 1), pads: ints(1, 0, 1, 1, 0, 1) }),
  average('2 × 2, stride 2', [2, 3, 6, 8], square(2, 2)),
  average('3 × 3, stride 2, pads not counted', [2, 3, 7, 8], square(3, 2, 1)),
  average('3 × 3, stride 2, pads counted', [2, 3, 7, 8], { ...square(3, 2, 1), count_include_pad: int(1) }),
  average('stride beyond the kernel', [1, 2, 9, 9], { kernel_shape: ints(2, 2), strides: ints(3, 4) }),
  average('uneven pads, not counted', [1, 2, 8, 9], {
    kernel_shape: ints(3, 4),
    strides: ints(1, 3),
    pads: ints(0, 2, 1, 3),
  }),
  average('uneven pads, counted', [1, 2, 8, 9], {
    kernel_shape: ints(3, 4),
    strides: ints(1, 3),
    pads: ints(0, 2, 1, 3),
    count_include_pad: int(1),
  }),
  average('ceil_mode', [1, 2, 8, 7], { ...square(3, 2), ceil_mode: int(1) }),
  average('ceil_mode, pads not counted', [1, 2, 6, 8], { ...square(3, 2, 1), ceil_mode: int(1) }),
  average('ceil_mode, pads counted', [1, 2, 6, 8], {
    ...square(3, 2, 1),
    ceil_mode: int(1),
    count_include_pad: int(1),
  }),
  average('SAME_UPPER', [1, 2, 7, 6], { kernel_shape: ints(3, 2), strides: ints(2, 1), auto_pad: text('SAME_UPPER') }),
  average('dilated', [1, 2, 9, 9], { kernel_shape: ints(2, 3), dilations: ints(3, 2) }, 19),
  average('1-D', [2, 3, 9], { kernel_shape: ints(3), strides: ints(2), pads: ints(1, 1) }),
  average('3-D', [1, 2, 5, 4, 6], { kernel_shape: ints(3, 2, 3), strides: ints(2, 2, 1) }),
  nodeCase('GlobalAveragePool', '2-D', { inputs: { x: [2, 3, 4, 5] }, linear: true }),
  nodeCase('GlobalAveragePool', '1-D', { inputs: { x: [2, 3, 7] }, linear: true }),
  nodeCase('GlobalAveragePool', '3-D', { inputs: { x: [1, 2, 3, 4, 5] }, linear: true }),
  nodeCase('GlobalMaxPool', '2-D', { inputs: { x: spacedTensor([2, 3, 4, 5], 1, [-1, 1]) } }),
  nodeCase('GlobalMaxPool', '1-D', { inputs: { x: spacedTensor([2, 3, 7], 1, [-1, 1]) } }),
]
