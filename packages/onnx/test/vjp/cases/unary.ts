import { type Attribute, float, int, text } from '../../../src/index.ts'
import { type GradientCase, nodeCase, spacedTensor } from './case.ts'

interface UnaryOptions {
  /** What x lies in: 48 numbers, at least 1/50 of it from its middle. @default −4..4 */
  readonly range?: readonly [number, number]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** Inputs behind x. */
  readonly limits?: readonly (number | '')[]
  readonly linear?: boolean
  readonly opset?: number
}

const unary = (op: string, variant: string, options: UnaryOptions = {}) => {
  const { range = [-4, 4], limits = [], ...rest } = options
  const constants = limits.map((limit) => (limit === '' ? limit : ([[], Float32Array.of(limit)] as const)))
  return nodeCase(op, variant, { inputs: { x: spacedTensor([2, 4, 6], 1, range) }, constants, ...rest })
}

export const unaryCases: readonly GradientCase[] = [
  unary('Identity', 'plain', { linear: true }),
  unary('Cast', 'float32 to float32', { attributes: { to: int(1) }, linear: true }),
  unary('Dropout', 'at inference', { linear: true }),
  unary('Neg', 'plain', { linear: true }),
  unary('Relu', 'both sides of 0'),
  unary('LeakyRelu', 'α = 0.01 by default'),
  unary('LeakyRelu', 'α = 0.1', { attributes: { alpha: float(0.1) } }),
  unary('ThresholdedRelu', 'α = 1 by default', { range: [-1, 3] }),
  unary('ThresholdedRelu', 'α = −0.5', { attributes: { alpha: float(-0.5) }, range: [-3, 2] }),
  unary('Elu', 'α = 1 by default'),
  unary('Elu', 'α = 0.5', { attributes: { alpha: float(0.5) } }),
  unary('Selu', 'α and γ by default'),
  unary('Selu', 'α = 1.5, γ = 0.7', { attributes: { alpha: float(1.5), gamma: float(0.7) } }),
  unary('Celu', 'α = 1 by default'),
  unary('Celu', 'α = 2', { attributes: { alpha: float(2) } }),
  unary('Sigmoid', 'plain'),
  unary('HardSigmoid', 'α = 0.2, β = 0.5 by default'),
  unary('HardSigmoid', 'α = 1/6', { attributes: { alpha: float(1 / 6), beta: float(0.5) }, range: [-5, 5] }),
  unary('HardSwish', 'all three pieces', { range: [-5, 5] }),
  unary('Tanh', 'plain'),
  unary('Softplus', 'plain'),
  unary('Softsign', 'plain'),
  unary('Mish', 'plain', { opset: 18 }),
  unary('Erf', 'plain', { range: [-2, 2] }),
  unary('Gelu', 'by erf', { opset: 20 }),
  unary('Gelu', 'by tanh', { opset: 20, attributes: { approximate: text('tanh') } }),
  unary('Exp', 'plain', { range: [-3, 2] }),
  unary('Log', 'plain', { range: [0.1, 4] }),
  unary('Sqrt', 'plain', { range: [0.1, 4] }),
  unary('Reciprocal', 'positive', { range: [0.3, 4] }),
  unary('Reciprocal', 'negative', { range: [-4, -0.3] }),
  unary('Abs', 'both sides of 0'),
  unary('Sin', 'plain'),
  unary('Cos', 'plain'),
  unary('Tan', 'plain', { range: [-1, 1] }),
  unary('Atan', 'plain'),
  unary('Clip', 'both limits', { limits: [-1.5, 2.5] }),
  unary('Clip', 'only from below', { limits: [0] }),
  unary('Clip', 'only from above', { limits: ['', 1] }),
  unary('Clip', 'no limit', { linear: true }),
]
