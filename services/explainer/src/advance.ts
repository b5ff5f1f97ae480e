import {
  CONTRACT_VERSION,
  cutPlan,
  type Failure,
  hashOf,
  type Question,
  type QuestionShard,
  type ShardRef,
  shardRef,
  sliceQuestion,
} from '@fanlight/contracts'
import { assembleAnswer, startRun } from '@fanlight/explain'
import {
  type ExplanationHistory,
  failureOf,
  InputError,
  type NewOutboxMessage,
  type RecordedQuestion,
  retryOf,
} from '@fanlight/ports'
import { sendOutbox } from '@fanlight/service-kit'
import { type Desk, explanationKey, type LiveRun } from './desk.ts'
import { finish } from './finish.ts'

/**
 * Takes an explanation as far as its stored answers allow. Whoever calls may do so at any time and any number of
 * times: a generator that is not alive here is replayed from its start over the recorded answers.
 * @param redrive whether the missing shards of the current question are sent again: true when their messages may be lost
 */
export function advance(
  desk: Desk,
  project: string,
  explanation: string,
  { redrive }: { redrive: boolean },
): Promise<void> {
  return desk.exclusively(explanationKey(project, explanation), async () => {
    const history = await desk.ports.store.readExplanation(project, explanation)
    if (history?.state !== 'open') return desk.settle(project, explanation)
    if (!history.wanted) return desk.dropRun(project, explanation)
    try {
      if (history.failure) await fail(desk, history, history.failure)
      else await proceed(desk, history, redrive)
    } catch (error) {
      desk.dropRun(project, explanation)
      if (retryOf(error) === 'later') throw error
      await fail(desk, history, failureOf(error, 'EXPLAINER_MISUSED'))
    }
  })
}

async function proceed(desk: Desk, history: ExplanationHistory, redrive: boolean): Promise<void> {
  const { run, given } = liveRun(desk, history)
  for (;;) {
    const step = run.current
    if (step.done) {
      await finish(desk.ports, history, step.explained)
      return desk.settle(history.project, history.id)
    }
    const recorded = questionOf(history, step.ordinal)
    if (recorded && recorded.hash !== step.hash) throw mismatch(history, step.ordinal)
    if (!recorded || (!recorded.complete && redrive)) return ask(desk, history, step)
    if (!recorded.complete) return
    desk.sizes.observe(history.spec.detector.id, recorded.measured)
    run.answer(
      assembleAnswer(
        step.question,
        recorded.plan,
        recorded.answers.filter((answer) => answer !== undefined),
      ),
    )
    given.push(digestOf(recorded))
  }
}

function liveRun(desk: Desk, history: ExplanationHistory): LiveRun {
  const known = desk.runOf(history.project, history.id)
  if (known && isOf(known, history)) return known
  const { image, method, spec } = history
  const context = { image: image.sha256, detector: spec.detector.id, policy: spec.policy, seed: spec.seed }
  const live = { run: startRun(desk.ports.explainerFor(method), context, method.params), given: [] }
  desk.keepRun(history.project, history.id, live)
  return live
}

/** An explanation that was forgotten, or opened anew, since this process heard of it has fewer answers, or others. */
const isOf = ({ given }: LiveRun, history: ExplanationHistory): boolean =>
  given.every((digest, ordinal) => {
    const recorded = questionOf(history, ordinal)
    return recorded?.complete && digestOf(recorded) === digest
  })

const questionOf = ({ questions }: ExplanationHistory, at: number): RecordedQuestion | undefined =>
  questions.find(({ ordinal }) => ordinal === at)

const digestOf = ({ hash, answers }: RecordedQuestion): string => hashOf([hash, answers])

async function ask(
  desk: Desk,
  history: ExplanationHistory,
  { ordinal, hash, question }: { ordinal: number; hash: string; question: Question },
): Promise<void> {
  const { project, id: explanation } = history
  const nextPlace = desk.placesFor(history.spec.detector.id)
  const sends = await desk.ports.store.askQuestion({
    project,
    explanation,
    ordinal,
    hash,
    question,
    plan: cutPlan(question, desk.sizes.sizeFor(history.spec.detector.id)),
    messages: (plan, missing) =>
      missing.map((shard) => ({
        ...shardMessage(history, question, shardRef({ project, explanation, ordinal, hash, plan }, shard)),
        place: nextPlace(),
      })),
  })
  await sendOutbox(desk.ports, sends)
}

function shardMessage(history: ExplanationHistory, question: Question, ref: ShardRef): NewOutboxMessage {
  const { lane, image, spec } = history
  const { explanation, ordinal, shard, from, to } = ref
  const body: QuestionShard = {
    version: CONTRACT_VERSION,
    ...ref,
    lane,
    image,
    detector: { id: spec.detector.id, uri: spec.detector.uri },
    question: sliceQuestion(question, from, to),
  }
  return { topic: `questions.${lane}`, key: `${explanation}/${ordinal}/${shard}`, body: JSON.stringify(body) }
}

async function fail(desk: Desk, { project, id }: ExplanationHistory, failure: Failure): Promise<void> {
  desk.ports.logger.warn({ project, explanation: id, failure }, 'explanation failed')
  await sendOutbox(desk.ports, await desk.ports.store.endExplanation(project, id, { ok: false, failure }))
  desk.settle(project, id)
}

const mismatch = ({ id, method }: ExplanationHistory, ordinal: number) =>
  new InputError(
    'TRANSCRIPT_MISMATCH',
    `explanation ${id}: question ${ordinal} is not the recorded one. ${method.name} version ${method.version} was changed without a new version; use --fresh`,
  )
