import type { Predictions } from '../family.ts'
import { classProbability } from './class.ts'
import { type GradientOf, slopeAt } from './objective.ts'

/** Objectness; where a family has none, the best class probability stands in, as in scores. */
export const objectness: GradientOf = (held, into) => {
  const { predictions, index, target } = held
  const { backward } = predictions
  if (!predictions.objectness || !backward.objectness) {
    return classProbability({ ...held, target: { ...target, class: bestClass(predictions, index) } }, into)
  }
  const value = predictions.objectness(index)
  backward.objectness(index, 1, into)
  return { value, slope: slopeAt(value) }
}

function bestClass(predictions: Predictions, index: number): number {
  let best = 0
  for (let other = 1; other < predictions.classCount; other++) {
    if (predictions.probability(index, other) > predictions.probability(index, best)) best = other
  }
  return best
}
