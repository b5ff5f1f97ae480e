import type { Rule, Site } from '../rule.ts'
import { affine } from './affine.ts'
import { float } from './along.ts'

// y = f(a, b), element by element; a and b are broadcast, and what was repeated is summed (`sumTo`).

/** The adjoint of input `i`, made only when somebody needs it, from one in the shape of the output. */
const back = (site: Site, i: number, adjoint: () => string): string | undefined =>
  site.wants(i) ? site.sumTo(adjoint(), site.outputs[0]!, site.inputs[i]!) : undefined

/** da = dy, db = dy. */
export const Add: Rule = (site) => [0, 1].map((i) => back(site, i, () => site.cotangents[0]!))

/** Of any number of inputs: each gets dy. */
export const Sum: Rule = (site) => site.inputs.map((_, i) => back(site, i, () => site.cotangents[0]!))

/** Of n inputs: each gets dy / n. */
export const Mean: Rule = (site) => {
  const share = site.op('Div', site.cotangents[0]!, site.scalar(site.inputs.length))
  return site.inputs.map((_, i) => back(site, i, () => share))
}

/** da = dy, db = −dy. */
export const Sub: Rule = (site) => [
  back(site, 0, () => site.cotangents[0]!),
  back(site, 1, () => site.op('Neg', site.cotangents[0]!)),
]

/** da = dy · b, db = dy · a. Where it is the x σ(x) of a SiLU, all goes to x at once. */
export const Mul: Rule = (site) => {
  const [dy, [a, b]] = [site.cotangents[0]!, site.inputs as [string, string]]
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    const producer = site.producer(gate)
    if (producer?.opType !== 'Sigmoid' || producer.input[0] !== x) continue
    const dx = site.op('Mul', dy, siluSlope(site, x))
    return x === a ? [dx, undefined] : [undefined, dx]
  }
  return [back(site, 0, () => site.op('Mul', dy, b)), back(site, 1, () => site.op('Mul', dy, a))]
}

/**
 * Of y = x σ(x): y' = σ (1 + x − y).
 *
 * All from x, with a σ and a y that are not the forward's, although onnxruntime makes equal nodes one: so x alone is kept
 * for the way back, and the forward's SiLU stays one operator. In its blocked layout these are four.
 */
function siluSlope(site: Site, x: string): string {
  const gate = site.op('Sigmoid', affine(site, x, x, { scale: 1, offset: 0 }))
  const shut = affine(site, site.op('Mul', x, gate), x, { scale: -1, offset: 1 })
  return site.op('Mul', gate, site.op('Add', shut, x))
}

/** da = dy / b, db = −dy · y / b. */
export const Div: Rule = (site) => {
  const [dy, y, b] = [site.cotangents[0]!, site.outputs[0]!, site.inputs[1]!]
  const perB = site.op('Div', dy, b)
  return [back(site, 0, () => perB), back(site, 1, () => site.op('Neg', site.op('Mul', perB, y)))]
}

/** da = dy · b · a^(b−1), and 0 where b = 0; db = dy · y · ln a; where a ≤ 0, b gets nothing. */
export const Pow: Rule = (site) => {
  const [dy, y, [a, exponent]] = [site.cotangents[0]!, site.outputs[0]!, site.inputs as [string, string]]
  const { op, scalar } = site
  return [
    back(site, 0, () => {
      // It may be of integers.
      const b = float(site, exponent)
      const slope = op('Mul', b, op('Pow', a, op('Sub', b, scalar(1))))
      return op('Mul', dy, op('Where', op('Equal', b, scalar(0)), scalar(0), slope))
    }),
    back(site, 1, () => {
      const isPositive = op('Greater', a, scalar(0))
      const logarithm = op('Log', op('Where', isPositive, a, scalar(1)))
      return op('Mul', dy, op('Mul', y, logarithm))
    }),
  ]
}

/** dy goes to the inputs that are the extreme; those that tie share it. */
const extreme: Rule = (site) => {
  const [dy, y] = [site.cotangents[0]!, site.outputs[0]!]
  const hits = site.inputs.map((input) => float(site, site.op('Equal', input, y)))
  const count = hits.length === 1 ? hits[0]! : site.op('Sum', ...hits)
  const share = site.op('Div', dy, count)
  return hits.map((hit, i) => back(site, i, () => site.op('Mul', share, hit)))
}
export const Max: Rule = extreme
export const Min: Rule = extreme

/** y = where(c, a, b): da = where(c, dy, 0), db = where(c, 0, dy). */
export const Where: Rule = (site) => {
  const [dy, condition] = [site.cotangents[0]!, site.inputs[0]!]
  const zero = site.scalar(0)
  return [
    undefined,
    back(site, 1, () => site.op('Where', condition, dy, zero)),
    back(site, 2, () => site.op('Where', condition, zero, dy)),
  ]
}

/** y = x for x > 0, else s·x: dx = dy or s·dy, ds = Σ dy·x where x ≤ 0. */
export const PRelu: Rule = (site) => {
  const [dy, [x, slope]] = [site.guided ? site.op('Relu', site.cotangents[0]!) : site.cotangents[0]!, site.inputs]
  const isPositive = site.op('Greater', x!, site.scalar(0))
  return [
    back(site, 0, () => site.op('Where', isPositive, dy, site.op('Mul', dy, slope!))),
    back(site, 1, () => site.op('Where', isPositive, site.scalar(0), site.op('Mul', dy, x!))),
  ]
}
