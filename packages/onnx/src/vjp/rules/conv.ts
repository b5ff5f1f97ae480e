import { int, ints } from '../../attribute.ts'
import type { Rule, Site } from '../rule.ts'
import { type Phase, phasesOf } from './phases.ts'
import { spatialOf, type Window, windowOf } from './window.ts'

// y = W ∗ x + b, a correlation; W [M, C/g, k…]
//
//   dx = the correlation of dy with the kernels mirrored and their axes M and C exchanged   (stride 1)
//      = one such for each phase of the pixels of x, and the phases interleaved             (strided pictures)
//      = ConvTranspose(dy, W)                                                               (all else)
//   db = Σ dy over batch and space
//
// The first two are the faster ones where all do (a depthwise ConvTranspose takes four times as long).

export const Conv: Rule = (site) => {
  const [x, weights] = site.inputs as [string, string]
  const dy = site.cotangents[0]!
  if (site.wants(1)) throw site.unsupported('has kernels that the input decides', 'Take a layer behind it')
  const window = windowOf(site, kernelOf(site, weights), x, site.outputs[0]!)
  const group = site.int('group', 1)
  if ([...window.padsBegin, ...window.padsEnd].some((pad) => pad < 0))
    throw site.unsupported('has negative pads', 'Export the network with a Slice in their place')
  const isPlain =
    window.strides.every((stride) => stride === 1) &&
    reach(window).every((r, i) => r >= window.padsBegin[i]! && r >= window.padsEnd[i]!)
  const adjoint = { dy, weights, window, group }
  const dx = () => (isPlain ? mirrored(site, adjoint) : (interleaved(site, adjoint) ?? transposed(site, adjoint)))
  return [site.wants(0) ? dx() : undefined, undefined, biasAdjoint(site)]
}

function biasAdjoint(site: Site): string | undefined {
  if (!site.wants(2)) return undefined
  const axes = site.shapeOf(site.outputs[0]!).flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  const inputs = [site.cotangents[0]!, site.integers(...axes)]
  return site.node('ReduceSum', { inputs, attributes: { keepdims: int(0) } })[0]
}

interface Adjoint {
  readonly dy: string
  readonly weights: string
  readonly window: Window
  readonly group: number
}

function mirrored(site: Site, { dy, weights, window, group }: Adjoint): string {
  const { kernel, dilations, padsBegin, sizes, outSizes } = window
  const begin = reach(window).map((r, i) => r - padsBegin[i]!)
  // What the output leaves out at the end of the input, its pads included, is as long as that.
  const end = sizes.map((size, i) => size - outSizes[i]! - begin[i]! + reach(window)[i]!)
  const inputs = [dy, exchanged(site, mirror(site, weights, kernel), { group, kernel })]
  const attributes = {
    kernel_shape: ints(...kernel),
    dilations: ints(...dilations),
    pads: ints(...begin, ...end),
    group: int(group),
  }
  return site.node('Conv', { inputs, attributes })[0]
}

/** @returns undefined where the strides or pads are not such that each pixel belongs to a phase that is a convolution */
function interleaved(site: Site, adjoint: Adjoint): string | undefined {
  const { group, window } = adjoint
  const { strides, dilations, sizes } = window
  const [stride] = strides
  if (group !== 1 || strides.length !== 2 || strides[1] !== stride || dilations.some((dilation) => dilation !== 1))
    return undefined
  const [rows, columns] = [phasesOf(adjoint.window, 0), phasesOf(adjoint.window, 1)]
  if (!rows || !columns) return undefined
  const phases = rows.flatMap((row) => columns.map((column) => [row, column] as const))
  const attributes = { blocksize: int(stride!) }
  const full = site.node('DepthToSpace', { inputs: [phasesJoined(site, adjoint, phases)], attributes })[0]
  if (sizes.every((size) => size % stride! === 0)) return full
  return site.op('Slice', full, site.integers(0, 0), site.integers(...sizes), site.integers(2, 3))
}

type Phases = readonly (readonly [row: Phase, column: Phase])[]

/** The adjoint's phases as channels, all of one before those of the next. */
function phasesJoined(site: Site, { dy, weights, window, group }: Adjoint, phases: Phases): string {
  const [stride] = window.strides
  const kernels = phases.map(([row, column]) => {
    const from = [row, column].map(({ first, taps }) => first + stride! * (taps - 1))
    const [start, steps] = [site.integers(...from), site.integers(-stride!, -stride!)]
    const end = site.integers(Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER)
    const part = site.op('Slice', weights, start, end, site.integers(2, 3), steps)
    return exchanged(site, part, { group, kernel: [row.taps, column.taps] })
  })
  const convolved = (kernel: string, [row, column]: Phases[number]) => {
    const attributes = {
      kernel_shape: ints(row.taps, column.taps),
      pads: ints(row.begin, column.begin, row.end, column.end),
      group: int(group),
    }
    return site.node('Conv', { inputs: [dy, kernel], attributes })[0]
  }
  const isAlike = ([row, column]: Phases[number]) =>
    [row, column].every(({ taps, begin, end }, i) => {
      const other = phases[0]![i]!
      return taps === other.taps && begin === other.begin && end === other.end
    })
  if (group === 1 && phases.every(isAlike)) {
    const all = site.node('Concat', { inputs: kernels, attributes: { axis: int(0) } })[0]
    return convolved(all, phases[0]!)
  }
  const inputs = kernels.map((kernel, i) => convolved(kernel, phases[i]!))
  return site.node('Concat', { inputs, attributes: { axis: int(1) } })[0]
}

function transposed(site: Site, { dy, weights, window, group }: Adjoint): string {
  const { kernel, strides, dilations, padsBegin, sizes, outSizes } = window
  // Full length of what dy can reach; the rest of x, if any, got nothing.
  const reached = outSizes.map((size, i) => (size - 1) * strides[i]! + reach(window)[i]! + 1)
  const end = reached.map((length, i) => Math.max(0, length - padsBegin[i]! - sizes[i]!))
  const missing = sizes.map((size, i) => size - (reached[i]! - padsBegin[i]! - end[i]!))
  const attributes = {
    kernel_shape: ints(...kernel),
    strides: ints(...strides),
    dilations: ints(...dilations),
    pads: ints(...padsBegin, ...end),
    output_padding: ints(...missing),
    group: int(group),
  }
  return site.node('ConvTranspose', { inputs: [dy, weights], attributes })[0]
}

// y = ConvTranspose(x, W) + b, W [C, M/g, k…]: dx = Conv(dy, W), with the same strides, pads and dilations;
// db = Σ dy over batch and space.

export const ConvTranspose: Rule = (site) => {
  const [x, weights] = site.inputs as [string, string]
  const dy = site.cotangents[0]!
  if (site.wants(1)) throw site.unsupported('has kernels that the input decides', 'Take a layer behind it')
  const kernel = kernelOf(site, weights)
  const { strides, dilations } = windowOf(site, kernel, x, x)
  const [sizes, outSizes] = [spatialOf(site, x), spatialOf(site, site.outputs[0]!)]
  const begin = site.ints('pads', Array(2 * kernel.length).fill(0)).slice(0, kernel.length)
  // Less than 0 where output_padding adds what no kernel reaches: that part of dy is for the bias only.
  const end = sizes.map(
    (size, i) => (size - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1 - outSizes[i]! - begin[i]!,
  )
  if (site.text('auto_pad', 'NOTSET') !== 'NOTSET' || site.maybeInts('output_shape'))
    throw site.unsupported('has pads that are computed', 'Export the network with explicit pads')
  const attributes = {
    kernel_shape: ints(...kernel),
    strides: ints(...strides),
    dilations: ints(...dilations),
    pads: ints(...begin, ...end.map((pad) => Math.max(0, pad))),
    group: int(site.int('group', 1)),
  }
  const reached = end.reduce(
    (value, pad, i) =>
      pad < 0 ? site.op('Slice', value, site.integers(0), site.integers(pad), site.integers(i + 2)) : value,
    dy,
  )
  return [
    site.wants(0) ? site.node('Conv', { inputs: [reached, weights], attributes })[0] : undefined,
    undefined,
    biasAdjoint(site),
  ]
}

const reach = ({ kernel, dilations }: Window) => kernel.map((k, i) => (k - 1) * dilations[i]!)

function kernelOf(site: Site, weights: string): readonly number[] {
  const kernel = site.maybeInts('kernel_shape') ?? site.constant(weights)?.dims.slice(2).map(Number)
  if (!kernel) throw site.unsupported('does not say how large its kernels are', 'Export the network with kernel_shape')
  return kernel
}

function mirror(site: Site, weights: string, kernel: readonly number[]): string {
  const axes = kernel.flatMap((k, i) => (k > 1 ? [i + 2] : []))
  if (axes.length === 0) return weights
  const each = (value: number) => site.integers(...axes.map(() => value))
  return site.op('Slice', weights, each(-1), each(Number.MIN_SAFE_INTEGER), site.integers(...axes), each(-1))
}

/** [M, C/g, k…] → [C, M/g, k…]; onnxruntime computes it once, when it loads the network. */
function exchanged(
  site: Site,
  weights: string,
  { group, kernel }: { readonly group: number; readonly kernel: readonly number[] },
): string {
  const spatial = kernel.map((_, i) => i)
  if (group === 1)
    return site.node('Transpose', {
      inputs: [weights],
      attributes: { perm: ints(1, 0, ...spatial.map((i) => i + 2)) },
    })[0]
  const [channels, maps] = [channelsOf(site, site.inputs[0]!), channelsOf(site, site.outputs[0]!)]
  if (channels === group && maps === group) return weights
  const split = site.op('Reshape', weights, site.integers(group, maps / group, channels / group, ...kernel))
  const perm = ints(0, 2, 1, ...spatial.map((i) => i + 3))
  const turned = site.node('Transpose', { inputs: [split], attributes: { perm } })[0]
  return site.op('Reshape', turned, site.integers(channels, maps / group, ...kernel))
}

function channelsOf(site: Site, value: string): number {
  const channels = site.shapeOf(value)[1]
  if (typeof channels !== 'number') throw site.unsupported('has an open number of channels', 'Fix it when exporting')
  return channels
}
