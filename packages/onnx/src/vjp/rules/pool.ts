import { int, ints } from '../../attribute.ts'
import type { Rule, Site } from '../rule.ts'
import { float, joined, padded } from './along.ts'
import { type Window, windowOf } from './window.ts'

// A pool over a box is one pool after another along each axis: a maximum of maxima, a sum of sums. So the adjoint goes
// axis by axis, over k + k rather than k · k places. Along one axis, with the places x_i[o] = x[s·o + d·i − p]:
//
//   maximum: x_i gets dy · [x_i = y] / Σ_j [x_j = y]    (those that tie share: onnxruntime's own Indices cost 48 times more)
//   sum:     x_i gets dy

interface Axis {
  readonly axis: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  readonly padBegin: number
  readonly padEnd: number
  readonly size: number
  readonly outSize: number
}

export const MaxPool: Rule = (site) => {
  const window = windowOf(site, site.ints('kernel_shape', []), site.inputs[0]!, site.outputs[0]!)
  const axes = axesOf(window)
  // The values between the axes' pools, from x to y.
  const values = [site.inputs[0]!]
  for (const axis of axes.slice(0, -1)) values.push(maxAlong(site, values.at(-1)!, axis, axes))
  let adjoint = site.cotangents[0]!
  let pooled = site.outputs[0]!
  for (const [i, axis] of axes.entries().toArray().toReversed()) {
    const x = values[i]!
    const { hits, count } = ties(site, x, pooled, axis)
    adjoint = spread(site, site.op('Div', adjoint, count), axis, hits)
    pooled = x
  }
  return [adjoint]
}

/** y = Σ x / n, where n counts what lies in the picture, or with `count_include_pad` what lies in the padded one. */
export const AveragePool: Rule = (site) => {
  const window = windowOf(site, site.ints('kernel_shape', []), site.inputs[0]!, site.outputs[0]!)
  const axes = axesOf(window)
  const shares = axes.map((axis, i) => {
    const end = site.int('count_include_pad', 0) ? axis.size + axis.padEnd : axis.size
    const start = site.int('count_include_pad', 0) ? -axis.padBegin : 0
    const values = Float32Array.from({ length: axis.outSize }, (_, o) => 1 / placesIn(axis, o, start, end))
    return site.floats(values, [axis.outSize, ...axes.slice(i + 1).map(() => 1)])
  })
  const scaled = shares.reduce((dy, share) => site.op('Mul', dy, share), site.cotangents[0]!)
  return [axes.reduceRight((dy, axis) => spread(site, dy, axis), scaled)]
}

/** dx = dy / size of the picture, everywhere. */
export const GlobalAveragePool: Rule = (site) => {
  const sizes = site.shapeOf(site.inputs[0]!).slice(2)
  if (!sizes.every((size) => typeof size === 'number'))
    throw site.unsupported('has an open size', 'Export it with a fixed one')
  const share = site.op('Div', site.cotangents[0]!, site.scalar(sizes.reduce((product, size) => product * size, 1)))
  return [site.op('Expand', share, site.integers(1, 1, ...sizes))]
}

/** dy goes to the maximum; those that tie share it. */
export const GlobalMaxPool: Rule = (site) => {
  const [[x], [y], dy] = [site.inputs, site.outputs, site.cotangents[0]!]
  const hits = float(site, site.op('Equal', x!, y!))
  const axes = site
    .shapeOf(x!)
    .slice(2)
    .map((_, i) => i + 2)
  const count = site.op('ReduceSum', hits, site.integers(...axes))
  return [site.op('Mul', hits, site.op('Div', dy, count))]
}

function axesOf({ kernel, strides, dilations, padsBegin, padsEnd, sizes, outSizes }: Window): readonly Axis[] {
  return kernel.map((k, i) => ({
    axis: i + 2,
    kernel: k,
    stride: strides[i]!,
    dilation: dilations[i]!,
    padBegin: padsBegin[i]!,
    padEnd: padsEnd[i]!,
    size: sizes[i]!,
    outSize: outSizes[i]!,
  }))
}

/** How many places of a window lie in [start, end). */
function placesIn({ kernel, stride, dilation, padBegin }: Axis, out: number, start: number, end: number): number {
  const places = Array.from({ length: kernel }, (_, i) => out * stride + i * dilation - padBegin)
  return Math.max(1, places.filter((place) => place >= start && place < end).length)
}

function maxAlong(
  site: Site,
  x: string,
  { axis, kernel, stride, dilation, padBegin, padEnd }: Axis,
  axes: readonly Axis[],
): string {
  const only = (value: number, otherwise: number) => axes.map((each) => (each.axis === axis ? value : otherwise))
  const attributes = {
    kernel_shape: ints(...only(kernel, 1)),
    strides: ints(...only(stride, 1)),
    dilations: ints(...only(dilation, 1)),
    pads: ints(...only(padBegin, 0), ...only(padEnd, 0)),
    ceil_mode: int(site.int('ceil_mode', 0)),
  }
  return site.node('MaxPool', { inputs: [x], attributes })[0]
}

/** For each place of the windows along an axis: 1 where it is the maximum, else 0; and how many places of a window are. */
function ties(site: Site, x: string, pooled: string, axis: Axis) {
  const { kernel, stride, dilation, padBegin, size, outSize } = axis
  const rank = site.shapeOf(site.inputs[0]!).length
  const end = Math.max(0, (outSize - 1) * stride + (kernel - 1) * dilation + 1 - size - padBegin)
  const bordered = padded(site, x, { axis: axis.axis, rank }, [padBegin, end], Number.NEGATIVE_INFINITY)
  const hits = Array.from({ length: kernel }, (_, i) => {
    const start = i * dilation
    const places = site.op(
      'Slice',
      bordered,
      site.integers(start),
      site.integers(start + (outSize - 1) * stride + 1),
      site.integers(axis.axis),
      site.integers(stride),
    )
    return float(site, site.op('Equal', places, pooled))
  })
  return { hits, count: hits.length === 1 ? hits[0]! : site.op('Sum', ...hits) }
}

/** The adjoint of taking the places of the windows along an axis: dx[s·o + d·i − p] = Σ hits_i[o] · dy[o]. */
function spread(site: Site, dy: string, axis: Axis, hits?: readonly string[]): string {
  const { kernel, stride, dilation, padBegin, size, outSize } = axis
  const shape = site.shapeOf(site.inputs[0]!)
  // Places by their remainder modulo the stride: each is a run without gaps, and they are interleaved in the end.
  const runs = outSize + Math.floor(((kernel - 1) * dilation) / stride)
  const length = Math.max(runs, Math.ceil((padBegin + size) / stride))
  const phases = Array.from({ length: stride }, (): string[] => [])
  for (let i = 0; i < kernel; i++) {
    const shift = Math.floor((i * dilation) / stride)
    const part = hits ? site.op('Mul', dy, hits[i]!) : dy
    const pads = [shift, length - outSize - shift] as const
    phases[(i * dilation) % stride]!.push(padded(site, part, { axis: axis.axis, rank: shape.length }, pads))
  }
  const whole = interleaved(site, phases, axis.axis)
  if (padBegin === 0 && length * stride === size) return whole
  return site.op('Slice', whole, site.integers(padBegin), site.integers(padBegin + size), site.integers(axis.axis))
}

function interleaved(site: Site, phases: readonly (readonly string[])[], axis: number): string {
  const filled = phases.find((parts) => parts.length > 0)!
  const empty = () => site.op('Mul', filled[0]!, site.scalar(0))
  const sums = phases.map((parts) =>
    parts.length === 0 ? empty() : parts.length === 1 ? parts[0]! : site.op('Sum', ...parts),
  )
  if (sums.length === 1) return sums[0]!
  const columns = sums.map((sum) => site.op('Unsqueeze', sum, site.integers(axis + 1)))
  const all = joined(site, columns, axis + 1)
  // 0 keeps a size, −1 takes the two axes together. Those behind have x's sizes by now: the last axis is the first.
  const behind = site.shapeOf(site.inputs[0]!).slice(axis + 1)
  return site.op('Reshape', all, site.integers(...Array(axis).fill(0), -1, ...behind.map(Number)))
}
