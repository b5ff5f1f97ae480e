import { int } from '../../attribute.ts'
import { type Rule, type Site, stop } from '../rule.ts'
import { float, heldIntegers, positive, sizesAt, summed } from './along.ts'

// A reduction of x over axes to y. In the formulas dy and y are repeated along them.

interface Reduction {
  readonly x: string
  /** Both with the axes in their places, of size 1. */
  readonly y: string
  readonly dy: string
  readonly axes: readonly number[]
}

const by =
  (adjoint: (site: Site, reduction: Reduction) => string): Rule =>
  (site) => {
    const [x] = site.inputs as [string]
    const axes = axesOf(site)
    const kept = (value: string) =>
      site.int('keepdims', 1) || axes.length === 0 ? value : site.op('Unsqueeze', value, site.integers(...axes))
    return [adjoint(site, { x, y: kept(site.outputs[0]!), dy: kept(site.cotangents[0]!), axes })]
  }

/** dx = dy. */
export const ReduceSum: Rule = by((site, { x, dy, axes }) => repeated(site, dy, x, axes))

/** Of n numbers: dx = dy / n. */
export const ReduceMean: Rule = by((site, { x, dy, axes }) => {
  const count = sizesAt(site, x, axes).reduce((product, size) => product * size, 1)
  return repeated(site, site.op('Div', dy, site.scalar(count)), x, axes)
})

/** dy goes to the extreme; those that tie share it. */
export const ReduceMax: Rule = by((site, { x, y, dy, axes }) => {
  const hits = float(site, site.op('Equal', x, y))
  return site.op('Mul', hits, site.op('Div', dy, summed(site, hits, axes)))
})
export const ReduceMin: Rule = ReduceMax

/** dx = dy · product of the others: y / x, but for a 0 the product of what is not 0, if no other is. */
export const ReduceProd: Rule = by((site, { x, dy, axes }) => {
  const { op, scalar } = site
  const isZero = op('Equal', x, scalar(0))
  const nonZero = op('Where', isZero, scalar(1), x)
  const again = site.again([nonZero, ...site.inputs.slice(1)])
  const product = site.int('keepdims', 1) || axes.length === 0 ? again : op('Unsqueeze', again, site.integers(...axes))
  const zeros = summed(site, float(site, isZero), axes)
  const ifOthers = op('Where', op('Equal', zeros, scalar(0)), product, scalar(0))
  const ofZero = op('Where', op('Equal', zeros, scalar(1)), product, scalar(0))
  return op('Mul', dy, op('Where', isZero, ofZero, op('Div', ifOthers, nonZero)))
})

/** y = Σ |x|: dx = dy · sign(x). */
export const ReduceL1: Rule = by((site, { x, dy }) => site.op('Mul', dy, site.op('Sign', x)))

/** y = √Σ x²: dx = dy · x / y, and 0 where y is. */
export const ReduceL2: Rule = by((site, { x, y, dy }) => {
  const length = site.op('Where', site.op('Equal', y, site.scalar(0)), site.scalar(1), y)
  return site.op('Mul', x, site.op('Div', dy, length))
})

/** y = Σ x²: dx = 2 dy · x. */
export const ReduceSumSquare: Rule = by((site, { x, dy }) => site.op('Mul', x, site.op('Mul', dy, site.scalar(2))))

/** y = ln Σ x: dx = dy / Σ x = dy · e^−y. */
export const ReduceLogSum: Rule = by((site, { x, y, dy, axes }) =>
  repeated(site, site.op('Mul', dy, site.op('Exp', site.op('Neg', y))), x, axes),
)

/** y = ln Σ eˣ: dx = dy · e^(x − y). */
export const ReduceLogSumExp: Rule = by((site, { x, y, dy }) =>
  site.op('Mul', dy, site.op('Exp', site.op('Sub', x, y))),
)

/** y_i = Σ x_j over j ≤ i: dx = dy summed from the other end. */
export const CumSum: Rule = (site) => {
  const attributes = { exclusive: int(site.int('exclusive', 0)), reverse: int(1 - site.int('reverse', 0)) }
  return [site.node('CumSum', { inputs: [site.cotangents[0]!, site.inputs[1]!], attributes })[0]]
}

export const ArgMax: Rule = stop
export const ArgMin: Rule = stop

/** None for the identity, as which `noop_with_empty_axes` runs without axes. */
function axesOf(site: Site): readonly number[] {
  const rank = site.shapeOf(site.inputs[0]!).length
  const given = site.inputs[1] ? heldIntegers(site, site.inputs[1]) : site.ints('axes', [])
  if (given.length > 0) return given.map((axis) => positive(axis, rank))
  if (!site.int('noop_with_empty_axes', 0)) return Array.from({ length: rank }, (_, axis) => axis)
  if (['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd'].includes(site.opType)) return []
  throw site.unsupported('reduces over no axes', 'Export the network without it')
}

/** In the shape of x, from one in which the axes have the size 1. */
function repeated(site: Site, value: string, x: string, axes: readonly number[]): string {
  if (axes.length === 0) return value
  const sizes = sizesAt(site, x, axes)
  const target = site.shapeOf(x).map((_, axis) => sizes[axes.indexOf(axis)] ?? 1)
  return site.op('Expand', value, site.integers(...target))
}
