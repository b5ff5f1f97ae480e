import {
  type CoalitionSet,
  type Fill,
  forwardsOf,
  type Grid,
  MIN_OBJECTNESS,
  ScoreObjective,
  type ScoreQuestion,
  type Target,
  type Variant,
} from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'

/** Any answer that a generator of questions may be given; only scores are of use here. */
export type Answered =
  | { readonly kind: 'score'; readonly values: Float32Array }
  | { readonly kind: 'detect' | 'gradient' | 'segment' }

/** A measure that asks: it yields score questions, is given their whole answers, and returns what it measured. */
export type Asking<Measured> = Generator<ScoreQuestion, Measured, Answered>

/** v(full) from which there is something to lose: divided by less, what is measured is the noise of one target. */
export const LEAST_VALUE = 0.01

/** What the detector is asked about. */
export type Asked = Pick<Target, 'box' | 'class' | 'objective'>

/** What is hidden, in which pieces, and what stands there instead. */
export interface Hidden {
  readonly segments: Grid
  readonly fill: Fill
  readonly coalitions: readonly CoalitionSet[]
  /** @default detector and photo as they are */
  readonly variant?: Variant
}

/**
 * One question for the values of targets over the same coalitions.
 * @param targets of score objectives; at least one
 * @returns the values of each target over all coalitions, in their order
 * @throws InputError `MESSAGE_INVALID` when the answer is not what was asked
 */
export function* askValues(
  targets: readonly Asked[],
  { coalitions, ...hidden }: Hidden,
): Asking<readonly Float32Array[]> {
  const keyOf = (target: Asked) => JSON.stringify([target.box, target.class])
  const objects = new Map(targets.map((target) => [keyOf(target), { box: target.box, class: target.class }]))
  const objectives = [...new Set(targets.map(({ objective }) => ScoreObjective.parse(objective)))]
  const question: ScoreQuestion = {
    kind: 'score',
    targets: [...objects.values()],
    objectives,
    minObjectness: MIN_OBJECTNESS,
    ...hidden,
    coalitions: [...coalitions],
  }
  const answer = yield question
  const count = forwardsOf(question)
  const wanted = objectives.length * objects.size * count
  if (answer.kind !== 'score' || answer.values.length !== wanted) {
    const asked = `a score question for ${wanted} values got another answer`
    throw new InputError('MESSAGE_INVALID', `${asked}: answer what was asked`)
  }
  const rows = [...objects.keys()]
  return targets.map((target) => {
    const row = objectives.indexOf(ScoreObjective.parse(target.objective)) * rows.length + rows.indexOf(keyOf(target))
    return answer.values.subarray(row * count, (row + 1) * count)
  })
}
