import { InputError } from '@fanlight/ports'
import { crossEntropy } from './cross-entropy.ts'
import type { GradientOf } from './objective.ts'

/**
 * gain · −ln objectness: there is an object.
 * @throws InputError `MODEL_UNSUPPORTED` for families without objectness
 */
export const lossObj: GradientOf = ({ predictions, index, gains }, into) => {
  const { objectness, backward } = predictions
  if (!objectness || !backward.objectness) {
    throw new InputError(
      'MODEL_UNSUPPORTED',
      'the detector has no objectness, and so no loss.obj: ask for loss.box or loss.cls',
    )
  }
  const { value, slope } = crossEntropy(objectness(index))
  backward.objectness(index, gains.obj * slope, into)
  return { value: gains.obj * value, slope: null }
}
