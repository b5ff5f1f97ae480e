import { InputError } from '@fanlight/ports'
import { softmax } from '../softmax.ts'
import type { GradientOf } from './objective.ts'

const SIDES = 4
/** As the trainers have it: a distance of the last bin has a right neighbour still. */
const MARGIN = 0.01

// Distribution focal loss (Li et al. 2020, arXiv:2006.04388, eq. 6), with t the distance in strides, l = ⌊t⌋:
//
//   DFL = −(l + 1 − t) · ln pₗ − (t − l) · ln pₗ₊₁,   ∂DFL/∂logitₖ = pₖ − yₖ,  y = (l + 1 − t) at l and t − l at l + 1
//
// as the mean over the four sides.

/**
 * gain · DFL of the distances to the sides of the target's box.
 * @throws InputError `MODEL_UNSUPPORTED` for heads that have no such distances
 */
export const lossDfl: GradientOf = ({ predictions, index, target, gains }, into) => {
  const { distances } = predictions
  if (!distances) {
    const remedy = 'ask for loss.box and loss.cls'
    throw new InputError(
      'MODEL_UNSUPPORTED',
      `the detector’s boxes are made of no distributions, there is no loss.dfl: ${remedy}`,
    )
  }
  const { bins } = distances
  const { x, y, stride } = distances.cell(index)
  const [x1, y1, x2, y2] = target.box
  const gain = (gains.dfl ?? 1) / SIDES
  let value = 0
  for (const [side, pixels] of [x - x1, y - y1, x2 - x, y2 - y].entries()) {
    const distance = Math.min(bins - 1 - MARGIN, Math.max(0, pixels / stride))
    const lower = Math.floor(distance)
    const probabilities = softmax(Array.from({ length: bins }, (_, bin) => distances.logit(index, side, bin)))
    for (const [bin, probability] of probabilities.entries()) {
      const wanted = bin === lower ? lower + 1 - distance : bin === lower + 1 ? distance - lower : 0
      if (wanted > 0) value -= gain * wanted * Math.log(probability)
      distances.backward({ index, side, bin }, gain * (probability - wanted), into)
    }
  }
  return { value, slope: null }
}
