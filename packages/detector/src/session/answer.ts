import {
  type Descriptor,
  type DetectQuestion,
  encodeFloat32,
  type Question,
  type ScoreQuestion,
  type ShardAnswer,
} from '@fanlight/contracts'
import { toNetwork } from '@fanlight/image'
import { InputError } from '@fanlight/ports'
import { coalitionAt, coalitionCount, fullCoalition } from '@fanlight/segments'
import { detect } from '../detect.ts'
import type { Decoder, LossGains, Outputs } from '../family.ts'
import { checkFinite } from '../outputs.ts'
import { scorer } from '../scoring.ts'
import { answerGradients } from './gradient-answer.ts'
import type { MaskedNetwork } from './masked-network.ts'
import type { PreparedImage } from './prepared-images.ts'
import type { RandomisedNetworks, Redrawn } from './randomised-networks.ts'
import { type Ran, type Rows, runRows } from './rows.ts'
import { answerSegments } from './segment-answer.ts'
import { tappedAs } from './tapped-as.ts'
import type { TappedNetworks } from './tapped-networks.ts'
import { variantOf } from './variant.ts'

/** A network in memory, with all that it takes to read it. */
export interface LoadedDetector {
  readonly network: MaskedNetwork
  /** The same network, with ways to look inside. */
  readonly tapped: TappedNetworks
  /** The same network with other weights. */
  readonly randomised: RandomisedNetworks
  /**
   * Weights in another order may overflow, which is no fault of the file, and no reason to fail an explanation that
   * asks what becomes of its map then: what is not a finite number counts as nothing seen. @default false
   */
  readonly isRandomised?: boolean
  readonly lossGains: LossGains
  /** Rows of a forward. */
  readonly batch: number
  readonly decode: Decoder
  readonly descriptor: Descriptor
}

export interface Asked {
  readonly image: PreparedImage
  readonly question: Question
}

export type Answered =
  | { readonly ok: true; readonly answer: ShardAnswer; readonly durationMs: number }
  | { readonly ok: false; readonly error: unknown }

/** Rows to run, and what their outputs came to. */
interface Work extends Rows {
  answer(): ShardAnswer
}

/**
 * Deterministic within an execution class. A row of a forward for each coalition serves all targets; rows of several
 * questions, about whatever photos, share forwards. What is wrong with one question is not the others' fault.
 * @throws InputError, TransientError when a forward fails
 */
export async function answerQuestions(
  detector: LoadedDetector,
  questions: readonly Asked[],
): Promise<readonly Answered[]> {
  const asked = questions.map(seen)
  const works = asked.map(({ image, question }) => workOf(detector, image, question))
  const ran = await runRows(
    detector.network,
    detector.batch,
    works.filter((work) => work !== undefined),
  )
  const rows = ran.values()
  const answered: Answered[] = []
  for (const [at, work] of works.entries()) {
    answered.push(work ? answeredBy(work, rows.next().value!) : await answeredAlone(detector, asked[at]!))
  }
  return answered
}

/** As the question wants to have the photo. */
function seen({ image, question }: Asked): Asked {
  const { noise } = variantOf(question)
  return { image: noise ? image.noisy(noise) : image, question }
}

/** @returns undefined for what is no matter of this network's rows */
function workOf(detector: LoadedDetector, image: PreparedImage, question: Question): Work | undefined {
  if (variantOf(question).weights) return undefined
  if (question.kind === 'detect') return detectWork(detector, image, question)
  return question.kind === 'score' ? scoreWork(detector, image, question) : undefined
}

const answeredBy = (work: Work, { durationMs, failure }: Ran): Answered =>
  failure ? { ok: false, ...failure } : { ok: true, answer: work.answer(), durationMs }

async function answeredAlone(detector: LoadedDetector, { image, question }: Asked): Promise<Answered> {
  try {
    if (question.kind === 'segment') return await timed(() => answerSegments(image, question))
    const { weights } = variantOf(question)
    if (weights) return await answeredRandomised(detector, weights, { image, question })
    if (question.kind !== 'gradient') throw new Error(`nobody answers a ${question.kind} question`)
    // Once a process: no measure of how long such questions take.
    const network = await detector.tapped.open(tappedAs(question))
    return await timed(() => answerGradients(detector, network, image, question))
  } catch (error) {
    return { ok: false, error }
  }
}

async function answeredRandomised(detector: LoadedDetector, weights: Redrawn, { image, question }: Asked) {
  const redrawn = await detector.randomised.open(weights)
  // Noise, if any, is on the image already.
  const plain = { ...question, variant: undefined }
  const [answered] = await answerQuestions({ ...detector, ...redrawn, isRandomised: true }, [
    { image, question: plain },
  ])
  return answered!
}

async function timed(work: () => ShardAnswer | Promise<ShardAnswer>): Promise<Answered> {
  const start = performance.now()
  const answer = await work()
  return { ok: true, answer, durationMs: performance.now() - start }
}

const WHOLE = { kind: 'grid', rows: 1, cols: 1, edges: 'hard' } as const

function detectWork({ decode, descriptor }: LoadedDetector, image: PreparedImage, question: DetectQuestion): Work {
  let answer: ShardAnswer | undefined
  return {
    image,
    delta: image.delta({ kind: 'mean' }),
    grid: WHOLE,
    count: 1,
    coalition: () => coalitionAt([fullCoalition(WHOLE)], WHOLE, 0),
    read(_, outputs) {
      checkFinite(outputs)
      answer = detect(decode(outputs), image, descriptor, question)
    },
    answer: () => answer!,
  }
}

function scoreWork(
  { decode, isRandomised = false }: LoadedDetector,
  image: PreparedImage,
  question: ScoreQuestion,
): Work {
  const { coalitions, segments, objectives, minObjectness } = question
  const targets = question.targets.map((target) => ({ ...target, box: toNetwork(image.placement, target.box) }))
  const score = scorer({ targets, objectives, minObjectness })
  const count = coalitionCount(coalitions)
  const values = new Float32Array(objectives.length * targets.length * count)
  return {
    image,
    delta: image.delta(question.fill),
    grid: segments,
    count,
    coalition: (index) => coalitionAt(coalitions, segments, index),
    read(index, outputs) {
      const scores = score(decode(outputs))
      for (let row = 0; row < scores.length; row++) {
        const isNumber = Number.isFinite(scores[row])
        if (!isNumber && !isRandomised) throw invalid(outputs)
        values[row * count + index] = isNumber ? scores[row]! : 0
      }
    },
    answer: () => ({ kind: 'score', values: encodeFloat32(values) }),
  }
}

function invalid(outputs: Outputs): InputError {
  checkFinite(outputs)
  return new InputError('MODEL_OUTPUT_INVALID', 'the network gave boxes without a size: check its export')
}
