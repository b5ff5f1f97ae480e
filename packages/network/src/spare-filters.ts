import type { Filters } from './filters.ts'
import { NEAR_ZERO } from './statistics.ts'

/** Two filters are the same up to scale when the cosine of the angle between them is above this. */
export const DUPLICATE_COSINE = 0.999

/** Shorter filters point the same way by chance. */
export const MIN_DUPLICATE_SIZE = 8

/** Of a group; beyond, comparing all with all takes too long. */
const MAX_COMPARED = 8192

/** Filters all of whose numbers are near zero, by the layer's largest: their channel says the same of every image. */
export function deadFilters({ count, size, values }: Filters): readonly number[] {
  const largest = Array.from({ length: count }, (_, filter) => largestIn(values, filter * size, (filter + 1) * size))
  const most = largest.reduce((most, one) => (Number.isFinite(one) ? Math.max(most, one) : most), 0)
  return largest.flatMap((one, filter) => (one < NEAR_ZERO * most || one === 0 ? [filter] : []))
}

/** Infinity where a number is not finite: such a filter is anything but dead. */
function largestIn(values: Float32Array, from: number, to: number): number {
  let most = 0
  for (let i = from; i < to; i++) {
    const size = Math.abs(values[i]!)
    if (!Number.isFinite(size)) return Number.POSITIVE_INFINITY
    if (size > most) most = size
  }
  return most
}

/**
 * Filters of a group that say the same but for their scale. Each is compared with the first of every set, so that a set
 * is what its first filter stands for.
 * @param dead filters of no direction, which are left out
 * @returns sets of two and more; undefined where filters are too short or too many to tell
 */
export function duplicateFilters(
  filters: Filters,
  dead: readonly number[],
): readonly (readonly number[])[] | undefined {
  const { count, size, groups } = filters
  const inGroup = count / groups
  if (size < MIN_DUPLICATE_SIZE || inGroup > MAX_COMPARED) return undefined
  const skipped = new Set(dead)
  const unit = unitRows(filters)
  const found: (readonly number[])[] = []
  for (let group = 0; group < groups; group++) {
    const sets: number[][] = []
    for (let filter = group * inGroup; filter < (group + 1) * inGroup; filter++) {
      if (skipped.has(filter)) continue
      const same = sets.find(([first]) => isAlike(unit, size, first!, filter))
      if (same) same.push(filter)
      else sets.push([filter])
    }
    found.push(...sets.filter((set) => set.length > 1))
  }
  return found
}

/** Filters as vectors of length 1. Numbers that are not finite make a row that is like no other. */
function unitRows({ count, size, values }: Filters): Float64Array {
  const unit = Float64Array.from(values)
  for (let filter = 0; filter < count; filter++) {
    const [from, to] = [filter * size, (filter + 1) * size]
    let squares = 0
    for (let i = from; i < to; i++) squares += unit[i]! ** 2
    const length = Math.sqrt(squares)
    for (let i = from; i < to; i++) unit[i]! /= length
  }
  return unit
}

/** |u − v|² = 2 − 2 cos: adding it up can stop early, and for most pairs does after a few numbers. */
function isAlike(unit: Float64Array, size: number, a: number, b: number): boolean {
  const most = 2 - 2 * DUPLICATE_COSINE
  let distance = 0
  for (let i = 0; i < size; i++) {
    distance += (unit[a * size + i]! - unit[b * size + i]!) ** 2
    if (distance >= most) return false
  }
  return distance < most
}
