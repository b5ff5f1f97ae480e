import type { Grid } from '@fanlight/contracts'
import type { Coalition } from './coalition.ts'
import { pixelCentres, sidesOf, type Taps, tapsAt } from './interpolation.ts'

/**
 * How much of the photo is kept, 0..1, at the pixel centres of a raster over the whole image: Ry · K · Rxᵀ.
 * @returns float32 [height, width]
 */
export function maskAt(coalition: Coalition, grid: Grid, width: number, height: number): Float32Array {
  const { shiftX, shiftY, cols, kept } = coalition
  const sides = sidesOf(grid)
  const x = tapsAt(pixelCentres(width), sides.x, shiftX, grid.edges)
  const y = tapsAt(pixelCentres(height), sides.y, shiftY, grid.edges)
  return spread(kept, cols, x, y)
}

/**
 * Values of a grid's cells, interpolated to a raster.
 * @param cells row-major, `cols` a row
 * @param x,y where the raster's columns and rows fall in the grid
 * @returns float32 [y's positions, x's positions]
 */
export function spread(cells: ArrayLike<number>, cols: number, x: Taps, y: Taps): Float32Array {
  const [width, height] = [x.lower.length, y.lower.length]
  const raster = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    const [lower, upper] = [y.lower[row]! * cols, y.upper[row]! * cols]
    for (let column = 0; column < width; column++) {
      const above = across(cells, lower, x, column)
      raster[row * width + column] = above + y.weight[row]! * (across(cells, upper, x, column) - above)
    }
  }
  return raster
}

function across(cells: ArrayLike<number>, start: number, taps: Taps, column: number): number {
  const [low, high] = [cells[start + taps.lower[column]!]!, cells[start + taps.upper[column]!]!]
  return low + taps.weight[column]! * (high - low)
}
