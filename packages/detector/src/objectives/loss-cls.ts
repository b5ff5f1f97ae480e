import { binaryCrossEntropy } from './cross-entropy.ts'
import type { GradientOf } from './objective.ts'

/** gain · Σ over classes c of BCE(p_c, c is the target's); where classes exclude each other, gain · −ln p of the target's. */
export const lossCls: GradientOf = ({ predictions, index, target, gains }, into) => {
  const { classCount, exclusiveClasses, backward } = predictions
  const classes = exclusiveClasses ? [target.class] : Array.from({ length: classCount }, (_, c) => c)
  let value = 0
  for (const c of classes) {
    const p = predictions.probability(index, c)
    const term = binaryCrossEntropy(p, c === target.class)
    backward.probability(index, c, gains.cls * term.slope, into)
    value += gains.cls * term.value
  }
  return { value, slope: null }
}
