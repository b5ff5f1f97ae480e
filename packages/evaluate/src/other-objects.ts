import type { Box } from '@fanlight/contracts'
import { coverage } from './area.ts'
import type { CellMap, ImageSize } from './map.ts'

/**
 * Leakage to other objects, as the object discrimination index of ODAM (Zhao & Chan, ICLR 2023): positive evidence in
 * other targets' boxes ÷ that in its own. What other boxes share with its own is its own; of a cell that several of
 * them cover in part, the largest part counts.
 * @param others boxes in pixels, the target's own among them or not
 * @returns ≥ 0, less is better; null without other boxes, or without positive evidence in its own
 */
export function otherObjects(map: CellMap, box: Box, others: readonly Box[], image: ImageSize): number | null {
  const strangers = others.filter((other) => other.some((side, i) => side !== box[i]))
  if (strangers.length === 0) return null
  const own = covered(map, box, image)
  const leaked = new Float64Array(own.length)
  for (const stranger of strangers) {
    covered(map, stranger, image).forEach((share, cell) => {
      leaked[cell] = Math.max(leaked[cell]!, Math.min(share, 1 - own[cell]!))
    })
  }
  const energy = (shares: Float64Array) =>
    shares.reduce((sum, share, cell) => sum + share * Math.max(0, map.data[cell]!), 0)
  const inside = energy(own)
  return inside > 0 ? energy(leaked) / inside : null
}

/** How much of each cell a box covers. */
function covered({ width, height }: CellMap, [x1, y1, x2, y2]: Box, image: ImageSize): Float64Array {
  const columns = coverage(x1 / image.width, x2 / image.width, width)
  const rows = coverage(y1 / image.height, y2 / image.height, height)
  return Float64Array.from({ length: width * height }, (_, i) => rows[Math.floor(i / width)]! * columns[i % width]!)
}
