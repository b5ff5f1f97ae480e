import { int, ints } from '../../attribute.ts'
import { integersIn } from '../../tensor.ts'
import { type Rule, type Site, stop } from '../rule.ts'
import { cut, positive, zeros } from './along.ts'
import { channelsOf } from './channels.ts'

// What moves numbers without changing them: the adjoint moves them back.

/** dx = dy in the shape of x. */
export const Reshape: Rule = (site) => [site.reshaped(site.cotangents[0]!, site.inputs[0]!)]
export const Flatten: Rule = Reshape
export const Squeeze: Rule = Reshape
export const Unsqueeze: Rule = Reshape

/** dx = dy with the axes back in their places. */
export const Transpose: Rule = (site) => {
  const rank = site.shapeOf(site.inputs[0]!).length
  const perm = site.ints(
    'perm',
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  )
  const back = perm.map((_, axis) => perm.indexOf(axis))
  return [site.node('Transpose', { inputs: [site.cotangents[0]!], attributes: { perm: ints(...back) } })[0]]
}

/** Each input gets its part of dy. */
export const Concat: Rule = (site) => {
  const rank = site.shapeOf(site.outputs[0]!).length
  const axis = positive(site.int('axis', 0), rank)
  let start = 0
  return site.inputs.map((input, i) => {
    const size = site.shapeOf(input)[axis]
    if (typeof size !== 'number')
      throw site.unsupported('joins along an axis whose size is open', 'Export it with a fixed size')
    const from = start
    start += size
    if (!site.wants(i)) return undefined
    const dy = site.cotangents[0]!
    return axis === 1 ? channelsOf(site, dy, [from, start]) : cut(site, dy, axis, [from, start])
  })
}

/** dx = the parts' adjoints joined; a part that nobody asks about has none. */
export const Split: Rule = (site) => {
  const axis = positive(site.int('axis', 0), site.shapeOf(site.inputs[0]!).length)
  const parts = site.outputs.map((output, i) => site.cotangents[i] ?? zeros(site, output))
  return [site.node('Concat', { inputs: parts, attributes: { axis: int(axis) } })[0]]
}

/** dx = dy in its places, and 0 where nothing was taken. */
export const Slice: Rule = (site) => {
  const [x, startsName, endsName, axesName, stepsName] = site.inputs
  const shape = site.shapeOf(x!)
  const [starts, ends] = [constant(site, startsName), constant(site, endsName)]
  const axes = axesName ? constant(site, axesName) : starts.map((_, i) => i)
  const steps = stepsName ? constant(site, stepsName) : starts.map(() => 1)
  const cuts = axes.map((axis, i) => ({
    axis: positive(axis, shape.length),
    start: starts[i]!,
    end: ends[i]!,
    step: steps[i]!,
  }))
  let adjoint = site.cotangents[0]!
  // In ascending order, so that behind each axis the sizes are still the output's.
  for (const { axis, start, end, step } of cuts.toSorted((a, b) => a.axis - b.axis)) {
    const size = shape[axis]
    const isWhole = step === 1 && start === 0 && (end >= 2 ** 31 - 1 || end === size)
    if (isWhole) continue
    if (typeof size !== 'number')
      throw site.unsupported('cuts an axis whose size is open', 'Export the network with a fixed size')
    const places = placesOf({ start, end, step }, size)
    if (places.length === 0) return [zeros(site, x!)]
    adjoint = put(site, adjoint, { axis, rank: shape.length, size, places })
  }
  return [adjoint]
}

interface Places {
  readonly axis: number
  readonly rank: number
  /** Of the axis before it was cut. */
  readonly size: number
  /** Evenly spaced. */
  readonly places: readonly number[]
}

function put(site: Site, value: string, { axis, rank, size, places }: Places): string {
  const step = places.length > 1 ? places[1]! - places[0]! : 1
  const first = Math.min(places[0]!, places.at(-1)!)
  const turned =
    step < 0 ? site.op('Slice', value, ...[-1, Number.MIN_SAFE_INTEGER, axis, -1].map((n) => site.integers(n))) : value
  const stride = Math.abs(step)
  const spaced = stride === 1 ? turned : spread(site, turned, { axis, rank, stride })
  const length = (places.length - 1) * stride + stride
  const after = size - first - length
  const pads = (n: number) => Array.from({ length: rank }, (_, i) => (i === axis ? n : 0))
  // A negative pad cuts what the last gap has too much.
  return site.op('Pad', spaced, site.integers(...pads(first), ...pads(after)), site.scalar(0))
}

/** Each number followed by stride − 1 zeros. */
function spread(
  site: Site,
  value: string,
  { axis, rank, stride }: { axis: number; rank: number; stride: number },
): string {
  const column = site.op('Unsqueeze', value, site.integers(axis + 1))
  const pads = Array.from({ length: 2 * (rank + 1) }, (_, i) => (i === rank + 1 + axis + 1 ? stride - 1 : 0))
  const padded = site.op('Pad', column, site.integers(...pads), site.scalar(0))
  const shape = site.shapeOf(site.outputs[0]!)
  const behind = rank - axis - 1
  // Zeros keep what lies before; what lies behind has no such sign in Reshape, and is moved before it and back.
  if (behind === 0) return site.op('Reshape', padded, site.integers(...Array(axis).fill(0), -1))
  const sizes = shape.slice(axis + 1)
  if (sizes.every((size) => typeof size === 'number'))
    return site.op('Reshape', padded, site.integers(...Array(axis).fill(0), -1, ...sizes))
  throw site.unsupported('takes every other of an axis before an open one', 'Export the network with a fixed size')
}

function placesOf({ start, end, step }: { start: number; end: number; step: number }, size: number): readonly number[] {
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value))
  const from = start < 0 ? start + size : start
  const to = end < 0 ? end + size : end
  const places: number[] = []
  if (step > 0) for (let at = clamp(from, 0, size); at < clamp(to, 0, size); at += step) places.push(at)
  else for (let at = clamp(from, 0, size - 1); at > clamp(to, -1, size - 1); at += step) places.push(at)
  return places
}

/** dx = dy summed over what was repeated. */
export const Expand: Rule = (site) => [site.sumTo(site.cotangents[0]!, site.outputs[0]!, site.inputs[0]!)]

export const Shape: Rule = stop
export const Size: Rule = stop

function constant(site: Site, value: string | undefined): readonly number[] {
  const values = integersIn(site.constant(value ?? ''))
  if (values) return values
  throw site.unsupported('is cut at places that the network computes', 'Fold its constants when exporting (onnxsim)')
}
