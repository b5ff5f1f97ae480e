import type { Grid } from '@fanlight/contracts'
import type { Coalition } from './coalition.ts'
import { pixelCentres, type Taps, tapsAt } from './interpolation.ts'

/**
 * How much of the photo is kept, 0..1, at the pixel centres of a raster over the whole image: Ry · K · Rxᵀ.
 * @returns float32 [height, width]
 */
export function maskAt(coalition: Coalition, grid: Grid, width: number, height: number): Float32Array {
  const { shiftX, shiftY, cols } = coalition
  const x = tapsAt(pixelCentres(width), grid.cols, shiftX, grid.edges)
  const y = tapsAt(pixelCentres(height), grid.rows, shiftY, grid.edges)
  const mask = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    const [upper, lower] = [rowAt(y.upper[row]!), rowAt(y.lower[row]!)]
    const weight = y.weight[row]!
    for (let column = 0; column < width; column++) {
      const above = across(lower, x, column)
      mask[row * width + column] = above + weight * (across(upper, x, column) - above)
    }
  }
  return mask

  function rowAt(index: number): Uint8Array {
    return coalition.kept.subarray(index * cols, (index + 1) * cols)
  }
}

function across(kept: Uint8Array, taps: Taps, column: number): number {
  const [low, high] = [kept[taps.lower[column]!]!, kept[taps.upper[column]!]!]
  return low + taps.weight[column]! * (high - low)
}
