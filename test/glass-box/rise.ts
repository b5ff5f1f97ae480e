import type { Evidence } from './evidence.ts'
import type { Board } from './network.ts'

// What D-RISE shows in expectation, and how cells become maps: bilinear interpolation between the centres of cells,
// written down once more, from RISE (Petsiuk et al. 2018) and docs/spec/masking.md alone.

interface Shape {
  readonly width: number
  readonly height: number
}

/** By how much each of `cells` cells along a side makes up the place u, 0..1, of the image. */
function shares(u: number, cells: number, shift = 0, drawn = cells): Float64Array {
  const at = Math.min(drawn - 1, Math.max(0, u * cells + shift - 0.5))
  const taken = new Float64Array(drawn)
  const low = Math.floor(at)
  taken[low]! += 1 - (at - low)
  if (at > low) taken[low + 1]! += at - low
  return taken
}

/** One value a tile, at the centres of a map's cells. */
export function enlarged(values: ArrayLike<number>, { rows, cols }: Board, { width, height }: Shape): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => {
    const across = shares(((i % width) + 0.5) / width, cols)
    const down = shares((Math.floor(i / width) + 0.5) / height, rows)
    return down.reduce((sum, y, r) => sum + across.reduce((line, x, c) => line + x * y * values[r * cols + c]!, 0), 0)
  })
}

/** Shifts of a mask: eighths of a cell. */
const SHIFTS = Array.from({ length: 8 }, (_, i) => i / 8)

/**
 * D-RISE's map of an additive object as the number of masks grows: Cov(s, M(x)) ÷ p, since s is the weighted mean of M
 * over tiles. Cells are drawn apart, so with shares a, b of cells along x and y
 *   Cov(M(x, y), M(x′, y′)) = p (1 − p) · E_shift Σ a(x) a(x′) · E_shift Σ b(y) b(y′),
 * the mean over shifts of one side and of the other, which are drawn apart as well.
 * @param grid cells a side
 */
export function expectedRise(
  { terms }: Evidence,
  board: Board,
  shape: Shape,
  { grid, p }: { grid: number; p: number },
) {
  const [x, y] = [
    tileKernel(shape.width, board.cols, grid, board.tile),
    tileKernel(shape.height, board.rows, grid, board.tile),
  ]
  return Float64Array.from({ length: shape.width * shape.height }, (_, i) =>
    terms.reduce((sum, { tiles: [tile], weight }) => {
      const across = x[i % shape.width]![tile! % board.cols]!
      const down = y[Math.floor(i / shape.width)]![Math.floor(tile! / board.cols)]!
      return sum + weight * (1 - p) * across * down
    }, 0),
  )
}

/** [places of the map][tiles along the side]: E_shift Σ a(place) · mean over the tile's pixels of a. */
function tileKernel(places: number, tiles: number, grid: number, pixelsInTile: number): readonly Float64Array[] {
  const pixels = tiles * pixelsInTile
  const kernel = Array.from({ length: places }, () => new Float64Array(tiles))
  for (const shift of SHIFTS) {
    const sharesAt = (u: number) => shares(u, grid, shift, grid + 1)
    const perTile = Array.from({ length: tiles }, () => new Float64Array(grid + 1))
    for (let pixel = 0; pixel < pixels; pixel++) {
      const into = perTile[Math.floor(pixel / pixelsInTile)]!
      for (const [cell, share] of sharesAt((pixel + 0.5) / pixels).entries()) into[cell]! += share / pixelsInTile
    }
    for (let place = 0; place < places; place++) {
      const here = sharesAt((place + 0.5) / places)
      for (let tile = 0; tile < tiles; tile++) {
        const overlap = here.reduce((sum, share, cell) => sum + share * perTile[tile]![cell]!, 0)
        kernel[place]![tile]! += overlap / SHIFTS.length
      }
    }
  }
  return kernel
}
