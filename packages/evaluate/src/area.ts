import type { Box } from '@fanlight/contracts'
import type { CellMap, ImageSize } from './map.ts'

/**
 * How much of each of `cells` equal cells over a side from 0 to 1 lies within [from, to].
 * @param from may lie outside the side, as `to` may
 * @returns shares 0..1; all 0 when to ≤ from
 */
export function coverage(from: number, to: number, cells: number): Float64Array {
  return Float64Array.from({ length: cells }, (_, i) => {
    const covered = Math.min(to * cells, i + 1) - Math.max(from * cells, i)
    return Math.min(1, Math.max(0, covered))
  })
}

/** Which part of a map's cells counts. */
export type Part = 'positive' | 'absolute' | 'signed'

/**
 * The map's sum over a box, cells partly covered counting by their covered area; without a box over the whole map.
 * @param box in pixels of the image; what lies outside the image holds nothing
 */
export function massIn(map: CellMap, part: Part, image: ImageSize, box?: Box): number {
  const [x1, y1, x2, y2] = box ?? [0, 0, image.width, image.height]
  const columns = coverage(x1 / image.width, x2 / image.width, map.width)
  const rows = coverage(y1 / image.height, y2 / image.height, map.height)
  let mass = 0
  for (let row = 0; row < map.height; row++) {
    if (rows[row] === 0) continue
    for (let column = 0; column < map.width; column++) {
      mass += rows[row]! * columns[column]! * partOf(map.data[row * map.width + column]!, part)
    }
  }
  return mass
}

function partOf(value: number, part: Part): number {
  if (part === 'signed') return value
  return part === 'positive' ? Math.max(0, value) : Math.abs(value)
}

/** The box with its sides `factor` times as long about the same centre; may reach out of the image. */
export function grownBox([x1, y1, x2, y2]: Box, factor: number): Box {
  const [dx, dy] = [((factor - 1) * (x2 - x1)) / 2, ((factor - 1) * (y2 - y1)) / 2]
  return [x1 - dx, y1 - dy, x2 + dx, y2 + dy]
}
