import { type Rule, type Site, stop } from '../rule.ts'
import { float } from './along.ts'

// y = f(x), element by element: dx = dy · f'(x). Where f has a corner, the derivative is PyTorch's.

type Derivative = (site: Site, x: string, y: string) => string

const by =
  (derivative: Derivative): Rule =>
  (site) => {
    const [dy] = site.cotangents
    return [site.op('Mul', dy!, derivative(site, site.inputs[0]!, site.outputs[0]!))]
  }

/** Guided back-propagation keeps only what is positive: dx = max(dy, 0) · f'(x). */
const rectifier =
  (derivative: Derivative): Rule =>
  (site) => {
    const [dy] = site.cotangents
    const passed = site.guided ? site.op('Relu', dy!) : dy!
    return [site.op('Mul', passed, derivative(site, site.inputs[0]!, site.outputs[0]!))]
  }

const oneMinus = (site: Site, value: string) => site.op('Sub', site.scalar(1), value)
const square = (site: Site, value: string) => site.op('Mul', value, value)
const where = (site: Site, condition: string, then: string, otherwise: string) =>
  site.op('Where', condition, then, otherwise)
const isPositive = (site: Site, value: string) => site.op('Greater', value, site.scalar(0))

export const Identity: Rule = (site) => [site.cotangents[0]]
/** Only between types of floats: others carry no gradient. All is float32 here. */
export const Cast: Rule = Identity
/** At inference. */
export const Dropout: Rule = Identity

export const Neg: Rule = (site) => [site.op('Neg', site.cotangents[0]!)]

/** f' = 1 for x > 0, else 0. */
export const Relu: Rule = rectifier((site, _, y) => site.op('Sign', y))

/** f' = 1 for x > 0, else α. */
export const LeakyRelu: Rule = rectifier((site, x) =>
  where(site, isPositive(site, x), site.scalar(1), site.scalar(site.float('alpha', 0.01))),
)

/** f' = 1 for x > α, else 0. */
export const ThresholdedRelu: Rule = rectifier((site, x) =>
  float(site, site.op('Greater', x, site.scalar(site.float('alpha', 1)))),
)

/** y = α (eˣ − 1) for x ≤ 0: f' = y + α there, else 1. */
export const Elu: Rule = by((site, x, y) =>
  where(site, isPositive(site, x), site.scalar(1), site.op('Add', y, site.scalar(site.float('alpha', 1)))),
)

/** y = γ α (eˣ − 1) for x ≤ 0: f' = y + γ α there, else γ. */
export const Selu: Rule = by((site, x, y) => {
  const alpha = site.float('alpha', 1.6732632)
  const gamma = site.float('gamma', 1.050701)
  return where(site, isPositive(site, x), site.scalar(gamma), site.op('Add', y, site.scalar(gamma * alpha)))
})

/** y = max(0, x) + min(0, α (e^(x/α) − 1)): f' = e^(x/α) for x ≤ 0, else 1. */
export const Celu: Rule = by((site, x) => {
  const alpha = site.scalar(site.float('alpha', 1))
  const below = site.op('Exp', site.op('Div', site.op('Min', x, site.scalar(0)), alpha))
  return where(site, isPositive(site, x), site.scalar(1), below)
})

/** f' = y (1 − y). */
export const Sigmoid: Rule = by((site, _, y) => site.op('Mul', y, oneMinus(site, y)))

/** y = max(0, min(1, αx + β)): f' = α where 0 < y < 1, else 0. */
export const HardSigmoid: Rule = by((site, _, y) => {
  const inside = site.op('And', isPositive(site, y), site.op('Less', y, site.scalar(1)))
  return where(site, inside, site.scalar(site.float('alpha', 0.2)), site.scalar(0))
})

/** y = x · max(0, min(1, x/6 + 1/2)): f' = 0 for x ≤ −3, 1 for x ≥ 3, else x/3 + 1/2. */
export const HardSwish: Rule = by((site, x) => {
  const slope = site.op('Add', site.op('Div', x, site.scalar(3)), site.scalar(0.5))
  const upper = where(site, site.op('Less', x, site.scalar(3)), slope, site.scalar(1))
  return where(site, site.op('Greater', x, site.scalar(-3)), upper, site.scalar(0))
})

/** f' = 1 − y². */
export const Tanh: Rule = by((site, _, y) => oneMinus(site, square(site, y)))

/** y = ln(1 + eˣ): f' = σ(x). */
export const Softplus: Rule = by((site, x) => site.op('Sigmoid', x))

/** y = x / (1 + |x|): f' = 1 / (1 + |x|)². */
export const Softsign: Rule = by((site, x) =>
  site.op('Reciprocal', square(site, site.op('Add', site.op('Abs', x), site.scalar(1)))),
)

/** y = x · t, t = tanh(ln(1 + eˣ)): f' = t + x σ(x) (1 − t²). */
export const Mish: Rule = by((site, x) => {
  const t = site.op('Tanh', site.op('Softplus', x))
  const slope = site.op('Mul', site.op('Mul', x, site.op('Sigmoid', x)), oneMinus(site, square(site, t)))
  return site.op('Add', t, slope)
})

/** f' = 2/√π · e^(−x²). */
export const Erf: Rule = by((site, x) =>
  site.op('Mul', site.scalar(2 / Math.sqrt(Math.PI)), site.op('Exp', site.op('Neg', square(site, x)))),
)

/**
 * Hendrycks and Gimpel 2016, arXiv:1606.08415. y = x Φ(x): f' = Φ(x) + x φ(x), with Φ = (1 + erf(x/√2)) / 2 and
 * φ = e^(−x²/2) / √2π; or with `tanh`, y = x (1 + t) / 2, t = tanh(√(2/π) (x + a x³)), a = .044715:
 * f' = (1 + t) / 2 + x/2 (1 − t²) √(2/π) (1 + 3a x²).
 */
export const Gelu: Rule = by((site, x) => {
  const { op, scalar } = site
  if (site.text('approximate', 'none') === 'none') {
    const cumulative = op('Mul', scalar(0.5), op('Add', op('Erf', op('Mul', x, scalar(Math.SQRT1_2))), scalar(1)))
    const density = op('Mul', op('Exp', op('Mul', square(site, x), scalar(-0.5))), scalar(1 / Math.sqrt(2 * Math.PI)))
    return op('Add', cumulative, op('Mul', x, density))
  }
  const [a, c] = [0.044715, Math.sqrt(2 / Math.PI)]
  const squared = square(site, x)
  const inner = op('Mul', x, op('Add', op('Mul', squared, scalar(a * c)), scalar(c)))
  const t = op('Tanh', inner)
  const innerSlope = op('Add', op('Mul', squared, scalar(3 * a * c)), scalar(c))
  const tail = op('Mul', op('Mul', x, oneMinus(site, square(site, t))), innerSlope)
  return op('Mul', scalar(0.5), op('Add', op('Add', t, scalar(1)), tail))
})

export const Exp: Rule = by((_, __, y) => y)
export const Log: Rule = (site) => [site.op('Div', site.cotangents[0]!, site.inputs[0]!)]
/** f' = 1 / 2y. */
export const Sqrt: Rule = (site) => [
  site.op('Div', site.cotangents[0]!, site.op('Mul', site.scalar(2), site.outputs[0]!)),
]
/** f' = −y². */
export const Reciprocal: Rule = by((site, _, y) => site.op('Neg', square(site, y)))
export const Abs: Rule = by((site, x) => site.op('Sign', x))
export const Sin: Rule = by((site, x) => site.op('Cos', x))
export const Cos: Rule = by((site, x) => site.op('Neg', site.op('Sin', x)))
/** f' = 1 + y². */
export const Tan: Rule = by((site, _, y) => site.op('Add', square(site, y), site.scalar(1)))
/** f' = 1 / (1 + x²). */
export const Atan: Rule = by((site, x) => site.op('Reciprocal', site.op('Add', square(site, x), site.scalar(1))))

/** f' = 1 where min ≤ x ≤ max, else 0. The limits get no gradient. */
export const Clip: Rule = rectifier((site, x) => {
  const [, min, max] = site.inputs
  const above = min ? [site.op('GreaterOrEqual', x, min)] : []
  const below = max ? [site.op('LessOrEqual', x, max)] : []
  const [first, second] = [...above, ...below]
  if (first === undefined) return site.scalar(1)
  return float(site, second === undefined ? first : site.op('And', first, second))
})

export const Sign: Rule = stop
export const Floor: Rule = stop
export const Ceil: Rule = stop
export const Round: Rule = stop
