import type { Cotangents, Predictions } from '@fanlight/detector/inside'
import type { Height } from './aim.ts'

/** p (1 − p) below this is taken as this: the log-odds of a certain prediction have no bound. */
const LEAST_SLOPE = 1e-9
const LEAST_ODDS = 1e-12

/**
 * The log-odds of some predictions of a class. Probabilities are flat where they are near 0 or 1, which nearly all are
 * on grey; their log-odds are what the network computes before its sigmoid (Olah et al. 2017, "Feature Visualization",
 * on optimising before the softmax), so that the ascent has a slope everywhere.
 * @param into ∂value/∂outputs is added to it
 */
export function logOddsOf(
  predictions: Predictions,
  { indices, classIndex }: { indices: readonly number[]; classIndex: number },
  into: Cotangents,
): Height {
  const { backward, objectness } = predictions
  let value = 0
  let score = 0
  for (const index of indices) {
    const probability = predictions.probability(index, classIndex)
    value += logOdds(probability) / indices.length
    backward.probability(index, classIndex, 1 / (slope(probability) * indices.length), into)
    const presence = objectness?.(index) ?? 1
    score = Math.max(score, presence * probability)
    if (!objectness || !backward.objectness) continue
    value += logOdds(presence) / indices.length
    backward.objectness(index, 1 / (slope(presence) * indices.length), into)
  }
  return { value, score }
}

const logOdds = (p: number) => Math.log(Math.max(p, LEAST_ODDS) / Math.max(1 - p, LEAST_ODDS))
const slope = (p: number) => Math.max(p * (1 - p), LEAST_SLOPE)

/** The surest of a class, at most `count`, the surest first; of equals the first. */
export function surest({ count: all, objectness, probability }: Predictions, classIndex: number, count: number) {
  const scores = Float64Array.from(
    { length: all },
    (_, index) => (objectness?.(index) ?? 1) * probability(index, classIndex),
  )
  return Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]! || a - b)
    .slice(0, count)
}
