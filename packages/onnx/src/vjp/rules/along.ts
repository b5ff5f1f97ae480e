import { int, ints } from '../../attribute.ts'
import { ElemType, integersIn } from '../../tensor.ts'
import type { Site } from '../rule.ts'

// What many rules write along one axis or over some.

export const positive = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis)

/** A reduction over `axes`, none of them negative, which stay with the size 1; `axes` is an input since opset 18. */
export function reduced(
  site: Site,
  op: 'ReduceMean' | 'ReduceL1' | 'ReduceL2',
  value: string,
  axes: readonly number[],
): string {
  return site.opset < 18
    ? site.node(op, { inputs: [value], attributes: { axes: ints(...axes) } })[0]
    : site.op(op, value, site.integers(...axes))
}

export const summed = (site: Site, value: string, axes: readonly number[]) =>
  axes.length === 0 ? value : site.op('ReduceSum', value, site.integers(...axes))

export const joined = (site: Site, parts: readonly string[], axis: number) =>
  site.node('Concat', { inputs: parts, attributes: { axis: int(axis) } })[0]

export const turned = (site: Site, value: string, perm: readonly number[]) =>
  perm.every((from, axis) => from === axis)
    ? value
    : site.node('Transpose', { inputs: [value], attributes: { perm: ints(...perm) } })[0]

/** From start to end, or backwards with step −1 (then `end` is one before the last). */
export const cut = (
  site: Site,
  value: string,
  axis: number,
  [start, end, step = 1]: readonly [number, number, number?],
) => site.op('Slice', value, ...[start, end, axis, step].map((each) => site.integers(each)))

/** Between so many zeros, or other numbers, along an axis; a negative count takes away instead. */
export function padded(
  site: Site,
  value: string,
  { axis, rank }: { readonly axis: number; readonly rank: number },
  [begin, end]: readonly [number, number],
  fill = 0,
): string {
  if (begin === 0 && end === 0) return value
  const pads = (size: number) => Array.from({ length: rank }, (_, i) => (i === axis ? size : 0))
  return site.op('Pad', value, site.integers(...pads(begin), ...pads(end)), site.scalar(fill))
}

/** In the shape of `like`. */
export function zeros(site: Site, like: string): string {
  const dims = site.shapeOf(like)
  return site.op('ConstantOfShape', isClosed(dims) ? site.integers(...dims) : site.op('Shape', like))
}

export const isClosed = (dims: readonly unknown[]): dims is readonly number[] =>
  dims.every((dim) => typeof dim === 'number')

/** @throws InputError `MODEL_UNSUPPORTED` when one of the sizes is open */
export function sizesAt(site: Site, value: string, axes: readonly number[]): readonly number[] {
  const shape = site.shapeOf(value)
  const sizes = axes.map((axis) => shape[axis])
  if (isClosed(sizes)) return sizes
  throw site.unsupported(`has an open size in one of the axes ${axes}`, 'Export the network with a fixed size')
}

/** Numbers of another type, or 1 for true and 0 for false. */
export const float = (site: Site, value: string) =>
  site.node('Cast', { inputs: [value], attributes: { to: int(ElemType.FLOAT) } })[0]

/** Integers that the file holds. @throws InputError `MODEL_UNSUPPORTED` when the network computes them */
export function heldIntegers(site: Site, value: string): readonly number[] {
  const values = integersIn(site.constant(value))
  if (values) return values
  throw site.unsupported('has axes or sizes that the network computes', 'Fold its constants when exporting (onnxsim)')
}
