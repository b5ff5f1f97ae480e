import type { Grid } from '@fanlight/contracts'
import { type Side, segmentsOf, sidesOf } from '@fanlight/segments'
import type { MapShape } from './map-shape.ts'

/**
 * Values of segments as a map: each is spread evenly over its segment, so that the map's cells sum to the values' sum
 * and a cell holds evidence by area, whatever the size of the segments.
 * @param values one a segment
 * @returns float32 [shape.height, shape.width], over the whole image
 */
export function segmentMap(values: ArrayLike<number>, grid: Grid, shape: MapShape): Float32Array {
  const { rows, cols } = grid
  const sides = sidesOf(grid)
  const [widths, heights] = [sizes(sides.x), sizes(sides.y)]
  const segments = segmentsOf(grid)
  const areas = new Float64Array(values.length)
  segments.forEach((segment, cell) => {
    areas[segment]! += widths[cell % cols]! * heights[Math.floor(cell / cols)]!
  })
  const [across, down] = [overlaps(sides.x, shape.width), overlaps(sides.y, shape.height)]
  // As wide as the map, still as high as the grid.
  const lines = new Float64Array(rows * shape.width)
  for (let row = 0; row < rows; row++) {
    for (const { cell, at, from, to } of across) {
      const segment = segments[row * cols + cell]!
      lines[row * shape.width + at]! += ((to - from) * values[segment]!) / areas[segment]!
    }
  }
  const map = new Float64Array(shape.width * shape.height)
  for (const { cell, at, from, to } of down) {
    for (let x = 0; x < shape.width; x++) map[at * shape.width + x]! += (to - from) * lines[cell * shape.width + x]!
  }
  return Float32Array.from(map)
}

const boundsOf = (side: Side): readonly number[] =>
  typeof side === 'number' ? Array.from({ length: side + 1 }, (_, i) => i / side) : side

function sizes(side: Side): readonly number[] {
  const bounds = boundsOf(side)
  return bounds.slice(1).map((to, i) => to - bounds[i]!)
}

/** What a cell of a grid and a position of the map have in common: from where to where on a side from 0 to 1. */
export interface Overlap {
  readonly cell: number
  readonly at: number
  readonly from: number
  readonly to: number
}

/** Wherever there is one. */
export function overlaps(side: Side, positions: number): readonly Overlap[] {
  const bounds = boundsOf(side)
  return bounds.slice(1).flatMap((to, cell) => {
    const from = bounds[cell]!
    const first = Math.max(0, Math.floor(from * positions))
    const last = Math.min(positions - 1, Math.ceil(to * positions) - 1)
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
      const at = first + i
      return { cell, at, from: Math.max(from, at / positions), to: Math.min(to, (at + 1) / positions) }
    })
  })
}
