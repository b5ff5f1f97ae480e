import { type GradientOf, slopeAt } from './objective.ts'

/** Probability of the target's class. */
export const classProbability: GradientOf = ({ predictions, index, target }, into) => {
  const value = predictions.probability(index, target.class)
  predictions.backward.probability(index, target.class, 1, into)
  return { value, slope: slopeAt(value) }
}
