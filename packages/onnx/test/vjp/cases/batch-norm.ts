import { float } from '../../../src/index.ts'
import { randomTensor } from '../gradient-check.ts'
import { type GradientCase, nodeCase } from './case.ts'

const parameter = (count: number, seed: number) => [[count], randomTensor([count], seed).data as Float32Array] as const
const variances = (count: number) =>
  [[count], Float32Array.from(randomTensor([count], 5).data as Float32Array, (value) => value ** 2 + 0.1)] as const

const batchNorm = (variant: string, x: readonly [number, number, ...number[]], epsilon?: number) =>
  nodeCase('BatchNormalization', variant, {
    inputs: { x },
    constants: [parameter(x[1], 2), parameter(x[1], 3), parameter(x[1], 4), variances(x[1])],
    attributes: epsilon === undefined ? {} : { epsilon: float(epsilon) },
    linear: true,
  })

export const batchNormCases: readonly GradientCase[] = [
  batchNorm('pictures', [2, 3, 4, 5]),
  batchNorm('vectors', [3, 4]),
  batchNorm('volumes, a large epsilon', [2, 3, 2, 2, 3], 0.5),
  nodeCase('InstanceNormalization', 'pictures', { inputs: { x: [2, 3, 4, 5], scale: [3], bias: [3] } }),
  nodeCase('InstanceNormalization', 'sequences, a large epsilon', {
    inputs: { x: [2, 3, 7] },
    constants: [parameter(3, 2), parameter(3, 3)],
    attributes: { epsilon: float(0.1) },
  }),
]
