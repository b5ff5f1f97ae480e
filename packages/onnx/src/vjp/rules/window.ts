import type { Site } from '../rule.ts'

/** How a kernel moves over the spatial axes, as numbers; pads are explicit. */
export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly padsBegin: readonly number[]
  readonly padsEnd: readonly number[]
  /** Of input and output, along the spatial axes. */
  readonly sizes: readonly number[]
  readonly outSizes: readonly number[]
}

/**
 * @param x the larger side, [N, C, …]; @param y the smaller one, [N, M, …]: what the kernel makes of x
 * @throws InputError `MODEL_UNSUPPORTED` where a spatial size is open
 */
export function windowOf(site: Site, kernel: readonly number[], x: string, y: string): Window {
  const ones = kernel.map(() => 1)
  const [sizes, outSizes] = [spatialOf(site, x), spatialOf(site, y)]
  const strides = site.ints('strides', ones)
  const dilations = site.ints('dilations', ones)
  const autoPad = site.text('auto_pad', 'NOTSET')
  const rank = kernel.length
  const pads = site.ints('pads', Array(2 * rank).fill(0))
  if (autoPad === 'NOTSET')
    return { kernel, strides, dilations, padsBegin: pads.slice(0, rank), padsEnd: pads.slice(rank), sizes, outSizes }
  const totals = kernel.map((k, i) =>
    autoPad === 'VALID' ? 0 : Math.max(0, (outSizes[i]! - 1) * strides[i]! + (k - 1) * dilations[i]! + 1 - sizes[i]!),
  )
  const half = totals.map((total) => Math.floor(total / 2))
  const rest = totals.map((total, i) => total - half[i]!)
  const [padsBegin, padsEnd] = autoPad === 'SAME_LOWER' ? [rest, half] : [half, rest]
  return { kernel, strides, dilations, padsBegin, padsEnd, sizes, outSizes }
}

export function spatialOf(site: Site, value: string): readonly number[] {
  return site
    .shapeOf(value)
    .slice(2)
    .map((size) => {
      if (typeof size === 'number') return size
      throw site.unsupported('has a spatial size that is open', 'Export the network with a fixed size')
    })
}
