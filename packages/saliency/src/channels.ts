import type { LayerTap } from './reduction.ts'

/**
 * Σₖ value(k, i) over the channels, at each cell i.
 * @param value of channel k at place `at` of the arrays
 */
export function sumOverChannels(tap: LayerTap, value: (at: number, channel: number) => number): Float64Array {
  const cells = tap.height * tap.width
  const sums = new Float64Array(cells)
  for (let channel = 0; channel < tap.channels; channel++) {
    const start = channel * cells
    for (let cell = 0; cell < cells; cell++) sums[cell]! += value(start + cell, channel)
  }
  return sums
}

/** Σᵢ value(i) over the cells, for each channel. */
export function sumOverCells(tap: LayerTap, value: (at: number) => number): Float64Array {
  const cells = tap.height * tap.width
  return Float64Array.from({ length: tap.channels }, (_, channel) => {
    let sum = 0
    for (let at = channel * cells; at < (channel + 1) * cells; at++) sum += value(at)
    return sum
  })
}

/** Σₖ weightₖ · Aₖ */
export function weighted(tap: LayerTap, weights: Float64Array): Float64Array {
  return sumOverChannels(tap, (at, channel) => weights[channel]! * tap.activation[at]!)
}

/** Σₖ gₖ · Aₖ, cell by cell. */
export function gradientTimesActivation(tap: LayerTap): Float64Array {
  return sumOverChannels(tap, (at) => tap.gradient[at]! * tap.activation[at]!)
}

/** max(0, x) */
export function rectified(values: Float64Array): Float32Array {
  return Float32Array.from(values, (value) => Math.max(0, value))
}
