import type { ReductionName } from '@fanlight/contracts'
import { usesGradient } from './reductions/index.ts'

/**
 * The maps of several layers as one. Those made from gradients are added: each layer speaks in the target's own unit,
 * and one that a target does not depend on is 0 (take the gradients `apart`, lest what one layer passes to the next be
 * counted at both). Those without gradient have no common unit: each is divided by its largest value, and the mean is
 * taken.
 * @param maps on the photo, of one length; at least one
 * @throws RangeError when there is none, or their lengths differ
 */
export function fused(maps: readonly Float32Array[], reduction: ReductionName): Float32Array {
  const [first] = maps
  if (first === undefined || maps.some(({ length }) => length !== first.length)) {
    throw new RangeError(`maps of [${maps.map(({ length }) => length)}] cells cannot be one`)
  }
  const factors = maps.map((map) => (usesGradient(reduction) ? 1 : shareOfPeak(map) / maps.length))
  return first.map((_, cell) => maps.reduce((sum, map, i) => sum + factors[i]! * map[cell]!, 0))
}

/** 1 ÷ the largest value; 0 for a map that has nothing above 0. */
function shareOfPeak(map: Float32Array): number {
  const peak = map.reduce((most, value) => Math.max(most, value), 0)
  return peak > 0 ? 1 / peak : 0
}
