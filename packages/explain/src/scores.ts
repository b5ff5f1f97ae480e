import type { ScoreQuestion } from '@fanlight/contracts'
import { askValues, type Hidden } from '@fanlight/evaluate'
import type { Answer } from './explainer.ts'
import type { Found } from './targets.ts'

/**
 * Asks for the values of all targets over the same coalitions.
 * @returns the values of each of `found.targets` over all coalitions, in their order
 * @throws InputError `MESSAGE_INVALID` when the answer is not what was asked
 */
export const askScores = (
  { targets }: Found,
  hidden: Hidden,
): Generator<ScoreQuestion, readonly Float32Array[], Answer> =>
  askValues(
    targets.map(({ target }) => target),
    hidden,
  )
