import { int, text } from '../../attribute.ts'
import { ElemType, integersIn } from '../../tensor.ts'
import type { Rule, Site } from '../rule.ts'
import { cut, isClosed, joined, padded, positive, turned, zeros } from './along.ts'

// What picks numbers by indices, which are held: the adjoint adds each number where it came from. Of integers the
// shapes are not known, so that ranks follow from those of floats.

/** y = slices of x along the axis: dx gets Σ dy of those that were taken from each place. */
export const Gather: Rule = (site) => {
  const [x, indices] = site.inputs as [string, string]
  const rank = site.shapeOf(x).length
  const axis = positive(site.int('axis', 0), rank)
  const held = heldPlaces(site, axis)
  return [held ? putBack(site, held, { axis, rank }) : addedAlong(site, { x, indices, axis, rank })]
}

/** Where in x each slice of y is from; undefined unless the file says so and they are a list of different ones. */
function heldPlaces(site: Site, axis: number): readonly number[] | undefined {
  const [x, indices] = site.inputs as [string, string]
  const size = site.shapeOf(x)[axis]
  const constant = site.constant(indices)
  if (typeof size !== 'number' || !constant || constant.dims.length > 1) return undefined
  const places = integersIn(constant)?.map((place) => positive(place, size))
  return places && new Set(places).size === places.length ? places : undefined
}

/** Each place takes its slice of dy; those that were not taken, a slice of zeros behind the others. */
function putBack(site: Site, places: readonly number[], at: { readonly axis: number; readonly rank: number }): string {
  const { axis } = at
  const [x, indices] = site.inputs as [string, string]
  const size = site.shapeOf(x)[axis] as number
  const isScalar = site.constant(indices)!.dims.length === 0
  const dy = isScalar ? site.op('Unsqueeze', site.cotangents[0]!, site.integers(axis)) : site.cotangents[0]!
  const isRun = places.every((place, i) => place === places[0]! + i)
  if (isRun && places.length > 0) return padded(site, dy, at, [places[0]!, size - places[0]! - places.length])
  const sources = Array.from({ length: size }, (_, place) => places.indexOf(place))
  const isWhole = !sources.includes(-1)
  const from = sources.map((source) => (source < 0 ? places.length : source))
  const inputs = [isWhole ? dy : padded(site, dy, at, [0, 1]), site.integers(...from)]
  return site.node('Gather', { inputs, attributes: { axis: int(axis) } })[0]
}

interface Along {
  readonly x: string
  readonly indices: string
  readonly axis: number
  readonly rank: number
}

/** With the axes of the indices in front, ScatterND adds whole slices. */
function addedAlong(site: Site, { x, indices, axis, rank }: Along): string {
  const count = site.shapeOf(site.outputs[0]!).length - rank + 1
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const front = [...range(axis, axis + count), ...range(0, axis), ...range(axis + count, rank + count - 1)]
  const perm = [axis, ...range(0, axis), ...range(axis + 1, rank)]
  const shape = site.op('Gather', shapeIn(site, x), site.integers(...perm))
  const column = site.op('Unsqueeze', int64(site, indices), site.integers(-1))
  const base = site.op('ConstantOfShape', shape)
  const sum = added(site, base, column, turned(site, site.cotangents[0]!, front))
  return turned(site, sum, [...range(1, axis + 1), 0, ...range(axis + 1, rank)])
}

function shapeIn(site: Site, x: string): string {
  const dims = site.shapeOf(x)
  return isClosed(dims) ? site.integers(...dims) : site.op('Shape', x)
}

const int64 = (site: Site, indices: string) =>
  site.constant(indices)?.dataType === ElemType.INT64
    ? indices
    : site.node('Cast', { inputs: [indices], attributes: { to: int(ElemType.INT64) } })[0]

const added = (site: Site, base: string, indices: string, updates: string) =>
  site.node('ScatterND', { inputs: [base, indices, updates], attributes: { reduction: text('add') } })[0]

/** dx gets Σ dy of those that were taken from each place. */
export const GatherElements: Rule = (site) => {
  const inputs = [zeros(site, site.inputs[0]!), site.inputs[1]!, site.cotangents[0]!]
  const attributes = { axis: int(site.int('axis', 0)), reduction: text('add') }
  return [site.node('ScatterElements', { inputs, attributes })[0]]
}

/** The same; ScatterND has no batches, so that the places in them become indices too. */
export const GatherND: Rule = (site) => {
  const [x, indices] = site.inputs as [string, string]
  const counts = Array.from({ length: site.int('batch_dims', 0) }, (_, axis) => countsAlong(site, indices, axis))
  const full = counts.length === 0 ? indices : joined(site, [...counts, indices], -1)
  return [added(site, zeros(site, x), full, site.cotangents[0]!)]
}

/** 0, 1, 2, … along an axis, in the shape of the indices with 1 as the last size. */
function countsAlong(site: Site, indices: string, axis: number): string {
  const first = cut(site, indices, -1, [0, 1])
  const ones = site.op('Add', site.op('Mul', first, site.integers(0)), site.integers(1))
  return site.node('CumSum', { inputs: [ones, site.integers(axis)], attributes: { exclusive: int(1) } })[0]
}

/** y = x, with updates u in some places, or added to them: dx = dy, but 0 in these places, or dy; du = dy there. */
const scatter =
  (gather: 'GatherElements' | 'GatherND'): Rule =>
  (site) => {
    const [, indices, updates] = site.inputs as [string, string, string]
    const dy = site.cotangents[0]!
    const reduction = site.text('reduction', 'none')
    if (reduction !== 'none' && reduction !== 'add')
      throw site.unsupported('combines what it scatters other than by a sum', 'Take a layer behind it')
    const attributes = gather === 'GatherElements' ? { axis: int(site.int('axis', 0)) } : {}
    const replaced = () => site.again([dy, indices, zeros(site, updates)])
    return [
      site.wants(0) ? (reduction === 'add' ? dy : replaced()) : undefined,
      undefined,
      site.wants(2) ? site.node(gather, { inputs: [dy, indices], attributes })[0] : undefined,
    ]
  }
export const ScatterElements: Rule = scatter('GatherElements')
export const ScatterND: Rule = scatter('GatherND')

/** The values have places, which the node's own indices tell. */
export const TopK: Rule = (site) => {
  const [dy] = site.cotangents
  if (dy === undefined) return []
  const inputs = [zeros(site, site.inputs[0]!), site.outputs[1]!, dy]
  return [site.node('ScatterElements', { inputs, attributes: { axis: int(site.int('axis', -1)) } })[0]]
}
