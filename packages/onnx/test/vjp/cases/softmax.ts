import { type Attribute, int } from '../../../src/index.ts'
import { type GradientCase, graphCase, nodeCase } from './case.ts'

const softmax = (
  op: string,
  variant: string,
  x: readonly number[],
  attributes: Readonly<Record<string, Attribute>> = {},
) => nodeCase(op, variant, { inputs: { x }, attributes })

export const softmaxCases: readonly GradientCase[] = [
  softmax('Softmax', 'the last axis by default', [2, 3, 5]),
  softmax('Softmax', 'an axis in the middle', [2, 4, 3], { axis: int(1) }),
  softmax('Softmax', 'a negative axis', [2, 4, 3, 2], { axis: int(-3) }),
  softmax('LogSoftmax', 'the last axis by default', [2, 3, 5]),
  softmax('LogSoftmax', 'the first axis', [4, 3], { axis: int(0) }),
  graphCase('Hardmax', 'adds nothing', {
    inputs: { x: [3, 4] },
    linear: false,
    build: (editor) => editor.addNode('Add', { inputs: ['x', ...editor.addNode('Hardmax', { inputs: ['x'] })] }),
  }),
]
