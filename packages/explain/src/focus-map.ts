import type { Box, Grid } from '@fanlight/contracts'
import type { LogisticWorth } from '@fanlight/game'
import { pixelCentres, sidesOf, spread, tapsAt } from '@fanlight/segments'
import type { MapShape } from './map-shape.ts'

interface Place {
  readonly box: Box
  /** In pixels, as the box is. */
  readonly image: { readonly width: number; readonly height: number }
  readonly grid: Grid
  readonly shape: MapShape
}

/** Cells' values as a map that has no steps at the cells' edges, and sums to theirs. */
export function focusMap({ values }: Pick<LogisticWorth, 'values'>, { grid, shape }: Place): Float32Array {
  const sides = sidesOf(grid)
  const x = tapsAt(pixelCentres(shape.width), sides.x, undefined, 'bilinear')
  const y = tapsAt(pixelCentres(shape.height), sides.y, undefined, 'bilinear')
  const smooth = spread(values, grid.cols, x, y)
  const wanted = values.reduce((sum, value) => sum + value, 0)
  const got = smooth.reduce((sum, value) => sum + value, 0)
  const scale = got !== 0 ? wanted / got : 1
  return smooth.map((value) => value * scale)
}
