import type { Box } from '@fanlight/contracts'
import { type CellMap, coverage, grownBox, type ImageSize } from '@fanlight/evaluate'

/**
 * A map's evidence in the coordinates of a box, so that maps of boxes of any size and place can be added up: the sum
 * over each of `cells` × `cells` equal parts of the box grown by `growth`. Parts outside the image hold nothing.
 * @param box pixels of the image
 * @returns float64 [cells, cells], row 0 at the top
 */
export function inBoxCoordinates(
  map: CellMap,
  box: Box,
  image: ImageSize,
  { cells, growth }: { readonly cells: number; readonly growth: number },
): Float64Array {
  const [x1, y1, x2, y2] = grownBox(box, growth)
  const columns = parts(x1 / image.width, x2 / image.width, cells, map.width)
  const rows = parts(y1 / image.height, y2 / image.height, cells, map.height)
  const sums = new Float64Array(cells * cells)
  for (const [r, inRow] of rows.entries()) {
    const line = new Float64Array(map.width)
    for (let y = 0; y < map.height; y++) {
      if (inRow[y] === 0) continue
      for (let x = 0; x < map.width; x++) line[x] = line[x]! + inRow[y]! * map.data[y * map.width + x]!
    }
    for (const [c, inColumn] of columns.entries()) {
      sums[r * cells + c] = line.reduce((sum, value, x) => sum + value * inColumn[x]!, 0)
    }
  }
  return sums
}

/** For each of `count` equal parts of [from, to]: how much of each map cell along the side lies in it. */
function parts(from: number, to: number, count: number, cells: number): Float64Array[] {
  const step = (to - from) / count
  return Array.from({ length: count }, (_, i) => coverage(from + i * step, from + (i + 1) * step, cells))
}
