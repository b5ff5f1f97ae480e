import type { Grid } from '@fanlight/contracts'

type Labels = NonNullable<Grid['labels']>

/** How many segments a coalition over the grid has a bit for. */
export const segmentCount = ({ rows, cols, labels }: Grid): number => labels?.count ?? rows * cols

/** @param segments the segment of each cell, row-major, less than `count` ≤ 65,536 */
export function packLabels(segments: ArrayLike<number>, count: number): Labels {
  const bytes = Buffer.alloc(2 * segments.length)
  for (let i = 0; i < segments.length; i++) bytes.writeUInt16LE(segments[i]!, 2 * i)
  return { count, of: bytes.toString('base64') }
}

const unpacked = new WeakMap<Labels, Uint16Array>()

/** The segment of each cell, row-major. */
export function segmentsOf({ rows, cols, labels }: Grid): Uint16Array {
  if (!labels) return Uint16Array.from({ length: rows * cols }, (_, i) => i)
  const known = unpacked.get(labels)
  if (known) return known
  const bytes = Buffer.from(labels.of, 'base64')
  const segments = Uint16Array.from({ length: rows * cols }, (_, i) => bytes.readUInt16LE(2 * i))
  unpacked.set(labels, segments)
  return segments
}
