import type { CoalitionSet, Grid } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { segmentCount } from './labels.ts'

type BitsSet = Extract<CoalitionSet, { kind: 'bits' }>

/**
 * Explicit rows as they travel: every row starts on a byte, least significant bit first.
 * @param rows each of `segments` values, 0 or 1; at least one row
 */
export function packBits(rows: readonly Uint8Array[], segments: number): BitsSet {
  const rowBytes = Math.ceil(segments / 8)
  const bytes = new Uint8Array(rows.length * rowBytes)
  rows.forEach((row, i) => {
    if (row.length !== segments) throw new RangeError(`row ${i} has ${row.length} bits, ${segments} were expected`)
    row.forEach((kept, j) => {
      if (kept) bytes[i * rowBytes + (j >> 3)]! |= 1 << (j & 7)
    })
  })
  return { kind: 'bits', count: rows.length, bits: Buffer.from(bytes).toString('base64') }
}

/**
 * Row `index` of a set, as `segments` values of 0 or 1.
 * @throws InputError `MESSAGE_INVALID` when the set's bytes are not `count` rows of that many segments
 */
export function unpackRow(set: BitsSet, index: number, segments: number): Uint8Array {
  const rowBytes = Math.ceil(segments / 8)
  const held = Buffer.byteLength(set.bits, 'base64')
  if (held !== set.count * rowBytes) {
    const wanted = `${set.count} rows of ${segments} segments take ${set.count * rowBytes}`
    throw new InputError('MESSAGE_INVALID', `a coalition set holds ${held} bytes, but ${wanted}: send whole rows`)
  }
  // Three bytes are four characters: only those around the row are decoded, so that a long set is not read once a row.
  const start = index * rowBytes
  const skipped = Math.floor(start / 3)
  const characters = set.bits.slice(skipped * 4, Math.ceil((start + rowBytes) / 3) * 4)
  const bytes = Buffer.from(characters, 'base64').subarray(start - skipped * 3)
  return Uint8Array.from({ length: segments }, (_, j) => (bytes[j >> 3]! >> (j & 7)) & 1)
}

/** The one coalition that keeps every segment: v(full). */
export const fullCoalition = (grid: Grid): BitsSet => uniform(grid, 1)

/** The one coalition that keeps nothing: v(empty). */
export const emptyCoalition = (grid: Grid): BitsSet => uniform(grid, 0)

function uniform(grid: Grid, kept: 0 | 1): BitsSet {
  const segments = segmentCount(grid)
  return packBits([new Uint8Array(segments).fill(kept)], segments)
}
