import { ciou } from './ciou.ts'
import type { GradientOf } from './objective.ts'

/** gain · (1 − CIoU) of the box with the target's. Against the prediction's own box it is at its minimum. */
export const lossBox: GradientOf = ({ predictions, index, target, gains }, into) => {
  const sides = new Float64Array(4)
  predictions.box(index, sides)
  const { value, slopes } = ciou(sides, target.box)
  const weights = slopes.map((slope) => -gains.box * slope)
  predictions.backward.box(index, weights, into)
  return { value: gains.box * (1 - value), slope: null }
}
