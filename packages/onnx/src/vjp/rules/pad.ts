import type { Rule, Site } from '../rule.ts'
import { cut, heldIntegers, padded, positive, sizesAt, summed } from './along.ts'

/**
 * Around x zeros or any constant: dx = dy without them, which is to pad it by as much less than nothing. Else numbers of
 * x itself, whose adjoints go to where they came from, axis by axis.
 */
export const Pad: Rule = (site) => {
  const [x, pads, value, axesName] = site.inputs as [string, string, string?, string?]
  if (value && site.wants(2)) throw site.unsupported('pads with what the input decides', 'Take a layer behind it')
  const dy = site.cotangents[0]!
  const mode = site.text('mode', 'constant')
  if (mode === 'constant')
    return [site.op('Pad', dy, site.op('Neg', pads), site.scalar(0), ...(axesName ? [axesName] : []))]
  const rank = site.shapeOf(x).length
  const axes = axesName ? heldIntegers(site, axesName) : site.shapeOf(x).map((_, axis) => axis)
  const sizes = heldIntegers(site, pads)
  return [
    axes.reduce((adjoint, axis, i) => {
      const [begin, end] = [sizes[i]!, sizes[i + axes.length]!]
      return folded(site, adjoint, { mode, axis: positive(axis, rank), rank, begin, end })
    }, dy),
  ]
}

interface Border {
  readonly mode: string
  readonly axis: number
  readonly rank: number
  readonly begin: number
  readonly end: number
}

function folded(site: Site, dy: string, { mode, axis, rank, begin, end }: Border): string {
  if (begin === 0 && end === 0) return dy
  const [size] = sizesAt(site, site.inputs[0]!, [axis]) as [number]
  if (begin < 0 || end < 0 || Math.max(begin, end) > size)
    throw site.unsupported('has pads that are negative or larger than what they repeat', 'Export it with a Slice')
  const middle = cut(site, dy, axis, [begin, begin + size])
  const borders = [
    ...(begin > 0 ? [repeat(site, dy, { mode, axis, rank, from: 0, length: begin, size, isBegin: true })] : []),
    ...(end > 0 ? [repeat(site, dy, { mode, axis, rank, from: begin + size, length: end, size, isBegin: false })] : []),
  ]
  return site.op('Sum', middle, ...borders)
}

interface Repeat {
  readonly mode: string
  readonly axis: number
  readonly rank: number
  readonly from: number
  readonly length: number
  readonly size: number
  readonly isBegin: boolean
}

/** A border's adjoint among zeros, where its numbers are from. */
function repeat(site: Site, dy: string, { mode, axis, rank, from, length, size, isBegin }: Repeat): string {
  const place = (value: string, at: number, count: number) =>
    padded(site, value, { axis, rank }, [at, size - at - count])
  const border = cut(site, dy, axis, [from, from + length])
  if (mode === 'edge') return place(summed(site, border, [axis]), isBegin ? 0 : size - 1, 1)
  if (mode === 'wrap') return place(border, isBegin ? size - length : 0, length)
  if (mode !== 'reflect') throw site.unsupported('has a mode that Fanlight does not know', 'Export it with another one')
  const mirrored = cut(site, border, axis, [-1, Number.MIN_SAFE_INTEGER, -1])
  return place(mirrored, isBegin ? 1 : size - 1 - length, length)
}

/** x laid side by side: dx = Σ dy over the tiles. */
export const Tile: Rule = (site) => {
  const [x] = site.inputs as [string]
  const [given, made] = [site.shapeOf(x), site.shapeOf(site.outputs[0]!)]
  const parts = given.map((dim, axis) => {
    if (dim === made[axis]) return [dim]
    if (dim === 1) return [made[axis], 1]
    if (typeof dim === 'number' && typeof made[axis] === 'number') return [made[axis] / dim, dim]
    throw site.unsupported('repeats an axis whose size is open', 'Export the network with a fixed size')
  })
  const dims = parts.flat()
  if (dims.length === given.length) return [site.cotangents[0]!]
  if (dims.filter((dim) => typeof dim !== 'number').length > 1)
    throw site.unsupported('has several open sizes', 'Export the network with fixed ones')
  const tiles = site.op(
    'Reshape',
    site.cotangents[0]!,
    site.integers(...dims.map((dim) => (typeof dim === 'number' ? dim : -1))),
  )
  const axes = parts.flatMap((part, axis) => (part.length === 2 ? [parts.slice(0, axis).flat().length] : []))
  return [site.reshaped(summed(site, tiles, axes), x)]
}
