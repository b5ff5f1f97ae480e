import type { Grid } from '@fanlight/contracts'
import { evenBounds, resampled } from '@fanlight/evaluate'
import { pixelCentres, spread, tapsAt } from '@fanlight/segments'
import type { MapShape } from './map-shape.ts'
import { segmentMap } from './segment-map.ts'

/**
 * Values of equal cells as a map that goes over from one cell to the next where it can: interpolated between their
 * centres, and what a cell then has too much or too little is spread evenly over it, so that it sums to its value.
 * @returns float32 [shape.height, shape.width]
 */
export function focusMap(values: Float64Array, grid: Grid, shape: MapShape): Float32Array {
  const { rows, cols } = grid
  const x = tapsAt(pixelCentres(shape.width), cols, undefined, 'bilinear')
  const y = tapsAt(pixelCentres(shape.height), rows, undefined, 'bilinear')
  const perCell = (shape.width * shape.height) / (rows * cols)
  const smooth = spread(values, cols, x, y).map((value) => value / perCell)
  const means = resampled({ ...shape, data: smooth }, evenBounds(0, 1, cols), evenBounds(0, 1, rows))
  const missing = values.map((value, cell) => value - means[cell]! * perCell)
  const flat = segmentMap(missing, grid, shape)
  return smooth.map((value, i) => value + flat[i]!)
}
