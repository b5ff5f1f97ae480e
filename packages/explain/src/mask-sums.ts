import type { CoalitionSet, Grid } from '@fanlight/contracts'
import { coalitionAt, coalitionCount, pixelCentres, type Taps, tapsAt } from '@fanlight/segments'
import type { MapShape } from './map-shape.ts'

/** Masks that are added up together: fewer passes over the sums. Fixed, since the order of additions is in the result. */
const BLOCK = 4

export interface WeightedMasks {
  readonly coalitions: readonly CoalitionSet[]
  readonly grid: Grid
  readonly shape: MapShape
  /** One list a channel, a weight for each coalition. */
  readonly channels: readonly Float64Array[]
  /** Only coalitions first, first + step, first + 2·step … are added. */
  readonly first: number
  readonly step: number
}

/**
 * Σᵢ weightᵢ · Mᵢ at the centres of a map's cells, for each channel, in float64 and in index order: the same bits
 * whatever the other channels are. A mask lives for one block only, and only as one row at a time.
 * @returns one float64 [height, width] a channel
 */
export function maskSums({ coalitions, grid, shape, channels, first, step }: WeightedMasks): Float64Array[] {
  const { width, height } = shape
  const [x, y] = [pixelCentres(width), pixelCentres(height)]
  const sums = channels.map(() => new Float64Array(width * height))
  const rows = Array.from({ length: BLOCK }, () => new Float64Array(width)) as Rows
  const count = coalitionCount(coalitions)
  for (let start = first; start < count; start += BLOCK * step) {
    const indices = Array.from({ length: BLOCK }, (_, i) => start + i * step)
    const masks = indices.map((index) => (index < count ? stretched(index) : undefined))
    const weights = channels.map((channel) => indices.map((index) => channel[index] ?? 0))
    for (let row = 0; row < height; row++) {
      for (let i = 0; i < BLOCK; i++) fillRow(rows[i]!, masks[i], row)
      for (let c = 0; c < sums.length; c++) addRow(sums[c]!, row * width, rows, weights[c]!)
    }
  }
  return sums

  function stretched(index: number): StretchedMask {
    const { kept, rows, cols, shiftX, shiftY } = coalitionAt(coalitions, grid, index)
    const down = tapsAt(y, grid.rows, shiftY, grid.edges)
    return { lines: stretch(kept, rows, cols, tapsAt(x, grid.cols, shiftX, grid.edges)), down }
  }
}

type Rows = [Float64Array, Float64Array, Float64Array, Float64Array]

/** K · Rxᵀ: already as wide as the map, still as high as the grid; and Ry as taps. */
interface StretchedMask {
  readonly lines: Float64Array
  readonly down: Taps
}

function stretch(kept: Uint8Array, rows: number, cols: number, { lower, upper, weight }: Taps): Float64Array {
  const width = lower.length
  const lines = new Float64Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const low = kept[row * cols + lower[i]!]!
      lines[row * width + i] = low + weight[i]! * (kept[row * cols + upper[i]!]! - low)
    }
  }
  return lines
}

function fillRow(into: Float64Array, mask: StretchedMask | undefined, row: number): void {
  if (!mask) return void into.fill(0)
  const { lines, down } = mask
  const [lower, upper] = [down.lower[row]! * into.length, down.upper[row]! * into.length]
  const weight = down.weight[row]!
  for (let i = 0; i < into.length; i++) {
    const low = lines[lower + i]!
    into[i] = low + weight * (lines[upper + i]! - low)
  }
}

function addRow(sums: Float64Array, offset: number, [a, b, c, d]: Rows, weights: readonly number[]): void {
  const [wa, wb, wc, wd] = [weights[0]!, weights[1]!, weights[2]!, weights[3]!]
  for (let i = 0; i < a.length; i++) {
    sums[offset + i] = sums[offset + i]! + (wa * a[i]! + wb * b[i]! + (wc * c[i]! + wd * d[i]!))
  }
}
