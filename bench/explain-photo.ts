import { readFile } from 'node:fs/promises'
import {
  cutPlan,
  type DetectorRef,
  forwardsOf,
  type ImageRef,
  type MethodSpec,
  type Question,
  sha256,
  sliceQuestion,
  type TargetPolicy,
} from '@fanlight/contracts'
import { type Answer, assembleAnswer, explainerFor, recordOf, startRun } from '@fanlight/explain'
import type { Model } from '@fanlight/ports'

/** A detector, and what answers for it. */
export interface Sessions {
  readonly model: Model
  readonly detector: DetectorRef
}

export interface Explanation {
  readonly method: MethodSpec
  readonly policy: TargetPolicy
  readonly seed: number
}

/** Where the time of an explanation went. */
export interface Spent {
  readonly forwards: number
  /** In the child processes: decoding, masks, forwards, scores. Of all together. */
  readonly forwardMs: number
  /** In the explainer: what it asks, how it is cut, what it makes of the answers, and the map's file. */
  readonly explainerMs: number
}

/** Shards of a question, so that all sessions end at about the same time. */
const SHARDS_A_SESSION = 8

let runs = 0

/**
 * From the photo's path to the last map, as the services do it. The photo is named anew each time, so that no process
 * holds it decoded.
 */
export async function explainPhoto(sessions: Sessions, path: string, { method, policy, seed }: Explanation) {
  const bytes = await readFile(path)
  const image = { sha256: sha256(bytes), uri: path, bytes: bytes.byteLength }
  runs += 1
  const renamed = { ...image, sha256: sha256(Buffer.from(`${image.sha256} ${runs}`)) }
  let [forwards, forwardMs, explainerMs] = [0, 0, 0]
  const timed = <T>(work: () => T): T => {
    const start = performance.now()
    const made = work()
    explainerMs += performance.now() - start
    return made
  }
  const context = { image: image.sha256, detector: sessions.detector.id, policy, seed }
  const run = timed(() => startRun(explainerFor(method), context, method.params))
  while (!run.current.done) {
    const { question } = run.current
    const asked = await askModel(sessions, renamed, question, timed)
    forwards += forwardsOf(question)
    forwardMs += asked.forwardMs
    timed(() => run.answer(asked.answer))
  }
  const { explained } = run.current
  timed(() => explained.attributions.map((made) => recordOf(made, explained)))
  return { explained, spent: { forwards, forwardMs, explainerMs } satisfies Spent }
}

/** Cuts a question, has its shards answered at once, and puts the answers together. */
export async function askModel(
  { model, detector }: Sessions,
  image: ImageRef,
  question: Question,
  timed = <T>(work: () => T): T => work(),
): Promise<{ answer: Answer; forwardMs: number }> {
  const plan = timed(() => cutPlan(question, Math.ceil(forwardsOf(question) / (SHARDS_A_SESSION * model.concurrency))))
  const signal = new AbortController().signal
  const answers = await Promise.all(
    plan.slice(1).map((to, i) => {
      const slice = timed(() => sliceQuestion(question, plan[i]!, to))
      return model.answer({ detector, image, question: slice }, signal)
    }),
  )
  const forwardMs = answers.reduce((sum, { measured }) => sum + measured.durationMs, 0)
  const parts = answers.map(({ answer }) => answer)
  return { answer: timed(() => assembleAnswer(question, plan, parts)), forwardMs }
}
