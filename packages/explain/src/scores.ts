import {
  type CoalitionSet,
  type Fill,
  forwardsOf,
  type Grid,
  MIN_OBJECTNESS,
  ScoreObjective,
  type ScoreQuestion,
  type Variant,
} from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import type { Answer } from './explainer.ts'
import type { Found } from './targets.ts'

/** What is hidden, in which pieces, and what stands there instead. */
export interface Hidden {
  readonly segments: Grid
  readonly fill: Fill
  readonly coalitions: readonly CoalitionSet[]
  /** @default detector and photo as they are */
  readonly variant?: Variant | undefined
}

/**
 * Asks for the values of all targets over the same coalitions.
 * @returns the values of each of `found.targets` over all coalitions, in their order
 * @throws InputError `MESSAGE_INVALID` when the answer is not what was asked
 */
export function* askScores(
  found: Found,
  { segments, fill, coalitions, variant }: Hidden,
): Generator<ScoreQuestion, readonly Float32Array[], Answer> {
  const { detections, objectives } = found
  const question: ScoreQuestion = {
    kind: 'score',
    targets: detections.map((seen) => ({ box: seen.box, class: seen.class })),
    objectives: ScoreObjective.array().parse(objectives),
    minObjectness: MIN_OBJECTNESS,
    segments,
    fill,
    coalitions: [...coalitions],
    ...(variant && { variant }),
  }
  const answer = yield question
  const count = forwardsOf(question)
  const wanted = objectives.length * detections.length * count
  if (answer.kind !== 'score' || answer.values.length !== wanted) {
    throw new InputError(
      'MESSAGE_INVALID',
      `a score question for ${wanted} values got another answer: answer what was asked`,
    )
  }
  return found.targets.map(({ objective, detection }) => {
    const row = objective * detections.length + detection
    return answer.values.subarray(row * count, (row + 1) * count)
  })
}
