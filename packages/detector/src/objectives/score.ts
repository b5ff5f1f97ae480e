import { classProbability } from './class.ts'
import { type GradientOf, slopeAt } from './objective.ts'

/**
 * Class probability × objectness; where a family has no objectness, the class probability.
 * It is saturated only when both are: the slope is the larger one.
 */
export const score: GradientOf = (held, into) => {
  const { predictions, index, target } = held
  const { backward } = predictions
  if (!predictions.objectness || !backward.objectness) return classProbability(held, into)
  const presence = predictions.objectness(index)
  const probability = predictions.probability(index, target.class)
  backward.objectness(index, probability, into)
  backward.probability(index, target.class, presence, into)
  return { value: presence * probability, slope: Math.max(slopeAt(presence), slopeAt(probability)) }
}
