import type { Fill, Grid } from '@fanlight/contracts'
import { packBits, packLabels } from '@fanlight/segments'
import { type Asked, type Asking, askValues } from './asking.ts'

/** Indices of values from the largest to the smallest; of equal ones the first comes first. */
export const ranking = (values: ArrayLike<number>): readonly number[] =>
  Array.from(values, (_, i) => i).sort((a, b) => values[b]! - values[a]! || a - b)

/** A raster over the photo, some of whose cells are ranked; all others are always kept. */
export interface RankedCells {
  readonly raster: Pick<Grid, 'rows' | 'cols' | 'x' | 'y'>
  /** Cells of the raster, the strongest first. */
  readonly order: readonly number[]
}

export interface Prefixes {
  /** How many of the strongest cells are kept, each time the others removed. */
  readonly kept: readonly number[]
  /** How many of the strongest cells are removed, each time the others kept. */
  readonly removed: readonly number[]
}

/**
 * The target's values when so many of the strongest cells are kept, or removed. The cells between two of these numbers
 * are one segment, so that a row takes a few bytes however fine the raster is.
 */
export function* askPrefixes(
  target: Asked,
  fill: Fill,
  { raster, order }: RankedCells,
  { kept, removed }: Prefixes,
): Asking<{ readonly kept: readonly number[]; readonly removed: readonly number[] }> {
  const starts = [...new Set([0, ...kept, ...removed])].filter((at) => at < order.length).sort((a, b) => a - b)
  const cells = raster.rows * raster.cols
  const count = starts.length + (order.length < cells ? 1 : 0)
  const labels = new Uint16Array(cells).fill(count - 1)
  starts.forEach((start, piece) => {
    for (const cell of order.slice(start, starts[piece + 1])) labels[cell] = piece
  })
  const row = (isKept: (start: number) => boolean) =>
    Uint8Array.from({ length: count }, (_, piece) => (piece < starts.length && !isKept(starts[piece]!) ? 0 : 1))
  const rows = [
    ...kept.map((length) => row((start) => start < length)),
    ...removed.map((length) => row((start) => start >= length)),
  ]
  const segments: Grid = { kind: 'grid', ...raster, edges: 'hard', labels: packLabels(labels, count) }
  const [values] = yield* askValues([target], { segments, fill, coalitions: [packBits(rows, count)] })
  return { kept: [...values!.subarray(0, kept.length)], removed: [...values!.subarray(kept.length)] }
}
