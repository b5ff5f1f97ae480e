import { type DetectAnswer, ScoreObjective, type Variant } from '@fanlight/contracts'
import { askValues } from '@fanlight/evaluate'
import { fullCoalition } from '@fanlight/segments'
import type { Answer, AskedQuestion, ExplainContext, Explained } from './explainer.ts'
import type { AnyExplainer, MethodParams } from './methods/index.ts'

/** A method with all that it is told before it asks. */
export interface Runnable {
  readonly explain: AnyExplainer['explain']
  readonly params: MethodParams
  readonly context: ExplainContext
}

/** What the first run saw in the photo. */
export interface Seen {
  detected?: DetectAnswer
}

/**
 * Runs a method inside another one. What the detector sees is asked once, by whichever run comes first, so that all
 * explain the same targets. Under a variant, every score and gradient is asked of the changed detector or photo, and
 * so are the values v(full) that the detections come with: all that stays is where the objects are.
 * @param seen filled by the first run
 */
export function* runMethod(
  { explain, params, context }: Runnable,
  seen: Seen,
  variant?: Variant,
): Generator<AskedQuestion, Explained, Answer> {
  const run = explain(context, params)
  let step = run.next()
  while (!step.done) {
    const question = step.value
    if (question.kind === 'detect') {
      const answer: Answer = seen.detected ?? (yield question)
      // What is wrong with another answer, the method says.
      if (answer.kind === 'detect') seen.detected = answer
      step = run.next(variant && seen.detected ? yield* valuedUnder(variant, seen.detected) : answer)
    } else {
      const varies = variant && (question.kind === 'score' || question.kind === 'gradient')
      step = run.next(yield varies ? { ...question, variant } : question)
    }
  }
  return step.value
}

/** The same detections, with v(full) as it is under the variant. */
function* valuedUnder(variant: Variant, detected: DetectAnswer): Generator<AskedQuestion, DetectAnswer, Answer> {
  const { detections } = detected
  if (detections.length === 0) return detected
  const segments = { kind: 'grid', rows: 1, cols: 1, edges: 'hard' } as const
  const values = yield* askValues(
    detections.flatMap((seen) => ScoreObjective.options.map((objective) => ({ ...seen, objective }))),
    { segments, fill: { kind: 'mean' }, coalitions: [fullCoalition(segments)], variant },
  )
  const valueAt = (detection: number, objective: number) =>
    values[detection * ScoreObjective.options.length + objective]![0]!
  return {
    ...detected,
    detections: detections.map((seen, i) => ({
      ...seen,
      values: [valueAt(i, 0), valueAt(i, 1), valueAt(i, 2), valueAt(i, 3)],
    })),
  }
}
