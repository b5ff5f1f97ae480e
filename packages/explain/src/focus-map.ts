import type { Box, Grid } from '@fanlight/contracts'
import type { MapShape } from './map-shape.ts'
import { normalBelow } from './normal-below.ts'
import { overlaps } from './segment-map.ts'

/**
 * Where in a cell its value is drawn: after a Gaussian over the box, σ in half sides, above a floor in shares of its
 * peak. Found on photos (docs/quality.md): small objects fill a part of a cell, and that part is what counts.
 */
const DRAWN = { sigma: 0.65, floor: 0.1 }
/** Of a side: a box without an extent has a middle still. */
const LEAST_SIGMA = 1e-3

/**
 * Values of cells as a map. A cell's positions sum to its value, and far from the box they are all the same; where the
 * box lies the value is drawn, which is assumed, not measured: nothing finer than a cell was ever hidden.
 * @param box,image in pixels
 * @returns float32 [shape.height, shape.width]
 */
export function focusMap(
  values: ArrayLike<number>,
  { rows, cols }: Pick<Grid, 'rows' | 'cols'>,
  { box, image, shape }: { box: Box; image: MapShape; shape: MapShape },
): Float32Array {
  const across = piecesOf(cols, shape.width, [box[0] / image.width, box[2] / image.width])
  const down = piecesOf(rows, shape.height, [box[1] / image.height, box[3] / image.height])
  const pieces = down.flatMap((y) =>
    across.map((x) => ({
      cell: y.cell * cols + x.cell,
      at: y.at * shape.width + x.at,
      weight: y.mass * x.mass + DRAWN.floor * y.length * x.length,
    })),
  )
  const weights = new Float64Array(rows * cols)
  for (const { cell, weight } of pieces) weights[cell]! += weight
  const map = new Float64Array(shape.width * shape.height)
  for (const { cell, at, weight } of pieces) map[at]! += (values[cell]! * weight) / weights[cell]!
  return Float32Array.from(map)
}

interface Piece {
  readonly cell: number
  readonly at: number
  readonly length: number
  /** Of the Gaussian, whose peak is 1. */
  readonly mass: number
}

/** Of a side from 0 to 1. */
function piecesOf(cells: number, positions: number, [low, high]: readonly [number, number]): Piece[] {
  const centre = (low + high) / 2
  const sigma = Math.max(LEAST_SIGMA, (DRAWN.sigma * (high - low)) / 2)
  const below = (x: number) => sigma * Math.sqrt(2 * Math.PI) * normalBelow((x - centre) / sigma)
  return overlaps(cells, positions).map(({ cell, at, from, to }) => {
    return { cell, at, length: to - from, mass: below(to) - below(from) }
  })
}
