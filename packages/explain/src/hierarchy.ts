import type { Grid } from '@fanlight/contracts'
import type { Hierarchy } from '@fanlight/game'
import { type Side, segmentCount, segmentsOf, sidesOf } from '@fanlight/segments'

interface Piece {
  readonly index: number
  /** Of its area, in pixels of the image or any multiple of them. */
  readonly centre: readonly [x: number, y: number]
}

/**
 * Pieces of a photo in a binary tree of neighbours: halved again and again across the longer side of what their centres
 * span, between two rows or columns as near to the middle as there are some.
 */
export function hierarchyOf(grid: Grid, width: number, height: number): Hierarchy {
  const centres = centresOf(grid)
  return halved(centres.map(([x, y], index) => ({ index, centre: [x * width, y * height] })))
}

function halved(pieces: readonly Piece[]): Hierarchy {
  if (pieces.length === 1) return pieces[0]!.index
  const axis = spanOf(pieces, 0) >= spanOf(pieces, 1) ? 0 : 1
  const along = pieces.toSorted((a, b) => a.centre[axis] - b.centre[axis] || a.index - b.index)
  const cut = cutOf(along.map(({ centre }) => centre[axis]))
  return [halved(along.slice(0, cut)), halved(along.slice(cut))]
}

/** Before which of rising positions to cut: the one nearest to the middle that lies apart from the one before. */
function cutOf(positions: readonly number[]): number {
  const middle = Math.ceil(positions.length / 2)
  const apart = SAME * (positions.at(-1)! - positions[0]!)
  for (let off = 0; off < middle; off++) {
    for (const cut of [middle - off, middle + off]) {
      if (cut < positions.length && positions[cut]! - positions[cut - 1]! > apart) return cut
    }
  }
  return middle
}

/** Share of the span within which positions are those of one row or column, but for rounding. */
const SAME = 1e-9

function spanOf(pieces: readonly Piece[], axis: 0 | 1): number {
  const positions = pieces.map(({ centre }) => centre[axis])
  return Math.max(...positions) - Math.min(...positions)
}

/** Centre of each segment in shares of the sides; one without cells lies anywhere. */
function centresOf(grid: Grid): readonly (readonly [x: number, y: number])[] {
  const sides = sidesOf(grid)
  const [xs, ys] = [cellsOf(sides.x), cellsOf(sides.y)]
  const sums = Array.from({ length: segmentCount(grid) }, () => ({ area: 0, x: 0, y: 0 }))
  segmentsOf(grid).forEach((segment, cell) => {
    const [x, y] = [xs[cell % grid.cols]!, ys[Math.floor(cell / grid.cols)]!]
    const area = x.size * y.size
    const sum = sums[segment]!
    sum.area += area
    sum.x += area * x.centre
    sum.y += area * y.centre
  })
  return sums.map(({ area, x, y }) => (area > 0 ? [x / area, y / area] : [0.5, 0.5]))
}

function cellsOf(side: Side): readonly { readonly centre: number; readonly size: number }[] {
  const bounds = typeof side === 'number' ? Array.from({ length: side + 1 }, (_, i) => i / side) : side
  return bounds.slice(1).map((to, i) => ({ centre: (bounds[i]! + to) / 2, size: to - bounds[i]! }))
}
