import { float, int, text } from '../../attribute.ts'
import { quoted } from '../../quoted.ts'
import type { Rule, Site } from '../rule.ts'
import { summed, turned } from './along.ts'

/** Y = A B for the matrices in the last two axes: dA = dY Bᵀ, dB = Aᵀ dY, summed over batches that were repeated. */
export const MatMul: Rule = (site) => {
  const [a, b] = site.inputs as [string, string]
  const [rankA, rankB] = [site.shapeOf(a).length, site.shapeOf(b).length]
  // A vector in front is a row, one behind a column; Y goes without the axis that it would have got for it.
  const missing = [...(rankA === 1 ? [-2] : []), ...(rankB === 1 ? [-1] : [])]
  const dy = missing.length === 0 ? site.cotangents[0]! : unsqueezed(site, site.cotangents[0]!, missing)
  const matrixA = rankA === 1 ? unsqueezed(site, a, [0]) : a
  const matrixB = rankB === 1 ? unsqueezed(site, b, [1]) : b
  return [
    site.wants(0) ? batched(site, site.op('MatMul', dy, swapped(site, matrixB, rankB)), a) : undefined,
    site.wants(1) ? batched(site, site.op('MatMul', swapped(site, matrixA, rankA), dy), b) : undefined,
  ]
}

const unsqueezed = (site: Site, value: string, axes: readonly number[]) =>
  site.op('Unsqueeze', value, site.integers(...axes))

/** Its last two axes exchanged. */
function swapped(site: Site, matrix: string, rank: number): string {
  const last = Math.max(rank, 2) - 1
  return turned(site, matrix, [...Array.from({ length: last - 1 }, (_, i) => i), last, last - 1])
}

/** A product for each batch of Y, in the shape of the operand whose adjoint it is. */
function batched(site: Site, product: string, operand: string): string {
  const dims = site.shapeOf(operand)
  const [own, all] = [dims.slice(0, -2), batchesOf(site)]
  const lead = all.length - own.length
  const axes = all.flatMap((dim, axis) => (axis < lead || (own[axis - lead] === 1 && dim !== 1) ? [axis] : []))
  const sum = summed(site, product, axes)
  return lead > 0 || dims.length === 1 ? site.reshaped(sum, operand) : sum
}

function batchesOf(site: Site): readonly unknown[] {
  const matrices = site.inputs.filter((input) => site.shapeOf(input).length > 1).length
  const dims = site.shapeOf(site.outputs[0]!)
  return dims.slice(0, dims.length - matrices)
}

/** Y = α A′ B′ + β C, where ′ transposes or not: dA′ = α dY B′ᵀ, dB′ = α A′ᵀ dY, dC = β dY. */
export const Gemm: Rule = (site) => {
  const [a, b, c] = site.inputs as [string, string, string?]
  const dy = site.cotangents[0]!
  const [turnsA, turnsB] = [site.int('transA', 0), site.int('transB', 0)]
  const product = (first: string, second: string, transA: number, transB: number) => {
    const attributes = { alpha: float(site.float('alpha', 1)), transA: int(transA), transB: int(transB) }
    return site.node('Gemm', { inputs: [first, second], attributes })[0]
  }
  const beta = site.float('beta', 1)
  return [
    site.wants(0) ? (turnsA ? product(b, dy, turnsB, 1) : product(dy, b, 0, 1 - turnsB)) : undefined,
    site.wants(1) ? (turnsB ? product(dy, a, 1, turnsA) : product(a, dy, 1 - turnsA, 0)) : undefined,
    c && site.wants(2)
      ? site.sumTo(beta === 1 ? dy : site.op('Mul', dy, site.scalar(beta)), site.outputs[0]!, c)
      : undefined,
  ]
}

/**
 * Y = Σ over the letters that Y lacks of the product of the operands. The adjoint of one is the same sum over dY and
 * the others, for the letters that these have; along its other letters it is repeated.
 */
export const Einsum: Rule = (site) => {
  const { terms, result } = equationOf(site)
  return site.inputs.map((input, i) => {
    if (!site.wants(i)) return undefined
    const own = [...terms[i]!]
    const others = terms.filter((_, j) => j !== i)
    const known = own.filter((letter) => [result, ...others].some((term) => term.includes(letter)))
    const equation = `${[result, ...others].join(',')}->${known.join('')}`
    const inputs = [site.cotangents[0]!, ...site.inputs.filter((_, j) => j !== i)]
    const product = site.node('Einsum', { inputs, attributes: { equation: text(equation) } })[0]
    if (known.length === own.length) return product
    const axes = own.flatMap((letter, axis) => (known.includes(letter) ? [] : [axis]))
    return site.op('Expand', unsqueezed(site, product, axes), site.op('Shape', input))
  })
}

/** @throws InputError `MODEL_UNSUPPORTED` for an ellipsis, a diagonal, or sizes of 1 that are repeated */
function equationOf(site: Site): { readonly terms: readonly string[]; readonly result: string } {
  const equation = site.text('equation', '').replaceAll(' ', '')
  const [left, right] = equation.split('->') as [string, string?]
  const terms = left.split(',')
  const unsupported = (what: string) =>
    site.unsupported(`${what}: ${quoted(equation)}`, 'Export it as MatMul and ReduceSum')
  if (!/^[A-Za-z,]*(->[A-Za-z]*)?$/.test(equation) || terms.length !== site.inputs.length)
    throw unsupported('has an equation that Fanlight does not read')
  const sizes = new Map<string, unknown>()
  for (const [i, term] of terms.entries()) {
    if (new Set(term).size !== term.length) throw unsupported('takes a diagonal')
    for (const [axis, letter] of [...term].entries()) {
      const size = site.shapeOf(site.inputs[i]!)[axis]
      if (sizes.has(letter) && sizes.get(letter) !== size) throw unsupported('repeats an operand along an axis')
      sizes.set(letter, size)
    }
  }
  const all = [...left.replaceAll(',', '')]
  const once = all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))
  return { terms, result: right ?? once.toSorted().join('') }
}
