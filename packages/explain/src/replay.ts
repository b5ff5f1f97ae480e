import { questionHash, type Sha256 } from '@fanlight/contracts'
import { InputError, isFanlightError } from '@fanlight/ports'
import type { Answer, AskedQuestion, ExplainContext, Explained, Explainer } from './explainer.ts'
import { parseParams } from './params.ts'

/** Where a run stands: it waits for the answer to a question, or it has its attributions. */
export type Step =
  | { readonly done: false; readonly ordinal: number; readonly hash: Sha256; readonly question: AskedQuestion }
  | { readonly done: true; readonly explained: Explained }

/** A generator that is being driven. Live or replayed, it goes through the same code. */
export interface Run {
  readonly current: Step
  /** Gives the answer to the current question and goes on to the next step. */
  answer(answer: Answer): void
}

/**
 * @throws InputError `USAGE` when the params are not the method's; `EXPLAINER_MISUSED` for whatever the method
 *   itself throws: it is deterministic, so trying again would fail again
 */
export function startRun<Params>(explainer: Explainer<Params>, context: ExplainContext, params: unknown): Run {
  const generator = explainer.explain(context, parseParams(explainer, params))
  let ordinal = 0
  let current = stepOf(explainer, () => generator.next(NO_ANSWER_YET), ordinal)
  return {
    get current() {
      return current
    },
    answer(answer) {
      if (current.done) throw new InputError('EXPLAINER_MISUSED', `${explainer.name} has no question open`)
      ordinal += 1
      current = stepOf(explainer, () => generator.next(answer), ordinal)
    },
  }
}

// What a generator's first `next` is given is never seen by it.
const NO_ANSWER_YET = undefined as never

function stepOf<P>(
  explainer: Explainer<P>,
  next: () => IteratorResult<AskedQuestion, Explained>,
  ordinal: number,
): Step {
  try {
    const { done, value } = next()
    return done ? { done, explained: value } : { done: false, ordinal, hash: questionHash(value), question: value }
  } catch (cause) {
    if (isFanlightError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InputError('EXPLAINER_MISUSED', `${explainer.name} version ${explainer.version} failed: ${reason}`, {
      cause,
    })
  }
}
