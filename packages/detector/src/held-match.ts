import type { Predictions } from './family.ts'
import { iouAt } from './iou.ts'
import type { NetworkTarget } from './scoring.ts'

/**
 * The prediction that a gradient is taken of: that of the largest IoU × score, where a scorer finds the maximum of
 * `score`; the first of equals.
 * @returns undefined where no prediction of a score above 0 overlaps the target
 */
export function heldMatch(predictions: Predictions, target: NetworkTarget): number | undefined {
  const { count, objectness } = predictions
  const wanted = Float64Array.from(target.box)
  const box = new Float64Array(4)
  let best = 0
  let match: number | undefined
  for (let index = 0; index < count; index++) {
    const presence = objectness ? objectness(index) : 1
    // A probability may be a rounding above 1; reading it costs more than an objectness.
    if (presence * 1.001 <= best) continue
    const strength = presence * predictions.probability(index, target.class)
    if (strength <= best) continue
    predictions.box(index, box)
    const similarity = strength * iouAt(box, 0, wanted, 0)
    if (similarity <= best || Number.isNaN(similarity)) continue
    best = similarity
    match = index
  }
  return match
}
