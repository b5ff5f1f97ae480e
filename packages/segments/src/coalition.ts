import type { CoalitionSet, Grid } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { unpackRow } from './bits.ts'
import { segmentCount, segmentsOf } from './labels.ts'

/**
 * A grid is shifted by a multiple of 1/8 cell, as RISE shifts by whole pixels: masks that are shifted alike can be
 * added up as small grids before they are enlarged, and there are only 8 interpolation matrices a side.
 */
export const SHIFTS = 8

type RandomSet = Extract<CoalitionSet, { kind: 'random' }>

/** Which cells of a drawn grid are kept. A shifted grid is drawn one row and one column larger, so that it still covers the image. */
export interface Coalition {
  /** 0 or 1, row-major [rows, cols]. */
  readonly kept: Uint8Array
  /** Of the drawn grid: `grid.rows`, or one more with shift. */
  readonly rows: number
  readonly cols: number
  /** How far the image lies into the drawn grid, in cells, a multiple of 1/8 in [0, 1); undefined for a set without shift. */
  readonly shiftX: number | undefined
  readonly shiftY: number | undefined
}

/** How many coalitions the sets hold together. */
export const coalitionCount = (sets: readonly CoalitionSet[]): number => sets.reduce((sum, set) => sum + set.count, 0)

/**
 * Coalition `index` of the concatenated sets. Rows of bits are over the grid as it is, without shift.
 * @throws RangeError when there is no such coalition
 * @throws InputError `MESSAGE_INVALID` when a set's bits do not fit the grid
 */
export function coalitionAt(sets: readonly CoalitionSet[], grid: Grid, index: number): Coalition {
  let row = index
  for (const set of sets) {
    if (row >= 0 && row < set.count) return set.kind === 'random' ? drawn(set, grid, row) : given(set, grid, row)
    row -= set.count
  }
  throw new RangeError(`there is no coalition ${index}: the sets hold ${coalitionCount(sets)}`)
}

function given(set: Extract<CoalitionSet, { kind: 'bits' }>, grid: Grid, row: number): Coalition {
  return { ...unshifted(grid, unpackRow(set, row, segmentCount(grid))), shiftX: undefined, shiftY: undefined }
}

/** Each cell is kept with its segment. */
function unshifted(grid: Grid, segments: Uint8Array): Pick<Coalition, 'kept' | 'rows' | 'cols'> {
  const { rows, cols, labels } = grid
  if (!labels) return { kept: segments, rows, cols }
  const of = segmentsOf(grid)
  const kept = new Uint8Array(of.length)
  for (let cell = 0; cell < kept.length; cell++) kept[cell] = segments[of[cell]!]!
  return { kept, rows, cols }
}

/** The shifts are drawn first, so that they do not depend on the grid; then each segment in its order. */
function drawn(set: RandomSet, grid: Grid, row: number): Coalition {
  const generator = xoroshiro128plusFromState(rowState(set.seed, set.first + row))
  const next = () => generator.next() >>> 0
  if (set.shift && (grid.labels || grid.x || grid.y)) throw unshiftable()
  const extra = set.shift ? 1 : 0
  const shift = () => (set.shift ? Math.floor((next() / 2 ** 32) * SHIFTS) / SHIFTS : undefined)
  const [shiftX, shiftY] = [shift(), shift()]
  const [rows, cols] = [grid.rows + extra, grid.cols + extra]
  const segments = new Uint8Array(grid.labels ? segmentCount(grid) : rows * cols)
  const threshold = set.probability * 2 ** 32
  for (let j = 0; j < segments.length; j++) segments[j] = next() < threshold ? 1 : 0
  const { kept } = grid.labels ? unshifted(grid, segments) : { kept: segments }
  return { kept, rows, cols, shiftX, shiftY }
}

const unshiftable = () =>
  new InputError('MESSAGE_INVALID', 'only a plain grid can be shifted: draw coalitions of segments without shift')

/**
 * A state of its own for every (seed, row): no row needs the ones before it. Four chains of 32-bit mixes, each a
 * bijection of the row's number, so no two rows of a set share a state.
 */
function rowState(seed: number, row: number): readonly number[] {
  const high = Math.floor(row / 2 ** 32)
  return [1, 2, 3, 4].map((word) => mix(mix(mix(seed + Math.imul(word, 0x9e3779b9)) ^ row) ^ high))
}

/** MurmurHash3's 32-bit finaliser (Appleby): every input bit flips each output bit with probability near ½. */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
