import type { CellMap } from './map.ts'

/** `cells` + 1 bounds of equal cells from `from` to `to`, whose ends are met exactly. */
export const evenBounds = (from: number, to: number, cells: number): readonly number[] =>
  Array.from({ length: cells + 1 }, (_, i) => (i === cells ? to : from + ((to - from) * i) / cells))

/**
 * The mean of a map over each cell of another raster, by area.
 * @param x,y bounds of the raster's cells, rising, shares of the map's sides within 0..1
 * @returns float32 [y's cells, x's cells]; where all cells met are equal it is exactly their value, so that ties stay
 */
export function resampled(map: CellMap, x: readonly number[], y: readonly number[]): Float32Array {
  const [across, down] = [overlaps(x, map.width), overlaps(y, map.height)]
  const lines = Array.from({ length: map.height }, (_, row) =>
    across.map((cell) => weighted(cell, (column) => map.data[row * map.width + column]!)),
  )
  const cells = down.flatMap((cell) => across.map((_, column) => weighted(cell, (row) => lines[row]![column]!)))
  return Float32Array.from(cells)
}

interface Overlap {
  readonly first: number
  /** How much of each position from `first` on the cell covers. */
  readonly weights: readonly number[]
}

function overlaps(bounds: readonly number[], positions: number): readonly Overlap[] {
  return bounds.slice(1).map((to, cell) => {
    const [low, high] = [bounds[cell]! * positions, to * positions]
    const first = Math.min(positions - 1, Math.floor(low))
    const last = Math.max(first, Math.min(positions - 1, Math.ceil(high) - 1))
    const weights = Array.from(
      { length: last - first + 1 },
      (_, i) => Math.min(high, first + i + 1) - Math.max(low, first + i),
    )
    return { first, weights }
  })
}

/** Deviations from the first value are averaged, not the values, which would round. */
function weighted({ first, weights }: Overlap, valueAt: (position: number) => number): number {
  const base = valueAt(first)
  let [deviation, total] = [0, 0]
  weights.forEach((weight, i) => {
    deviation += weight * (valueAt(first + i) - base)
    total += weight
  })
  return deviation === 0 ? base : base + deviation / total
}
