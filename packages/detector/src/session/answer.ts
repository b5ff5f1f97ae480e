import type { Descriptor, DetectQuestion, Question, ScoreQuestion, ShardAnswer } from '@fanlight/contracts'
import { encodeFloat32 } from '@fanlight/contracts'
import { toNetwork } from '@fanlight/image'
import { InputError } from '@fanlight/ports'
import { coalitionAt, coalitionCount, fullCoalition } from '@fanlight/segments'
import { detect } from '../detect.ts'
import type { Decoder, Outputs } from '../family.ts'
import { checkFinite } from '../outputs.ts'
import { scorer } from '../scoring.ts'
import { maskFeeds } from './mask-feeds.ts'
import type { MaskedNetwork } from './masked-network.ts'
import type { PreparedImage } from './prepared-images.ts'

/** A network in memory, with all that it takes to read it. */
export interface LoadedDetector {
  readonly network: MaskedNetwork
  readonly decode: Decoder
  readonly descriptor: Descriptor
}

/** Deterministic within an execution class. One forward per coalition, at batch 1, serves all targets. */
export function answerQuestion(
  detector: LoadedDetector,
  image: PreparedImage,
  question: Question,
): Promise<ShardAnswer> {
  return question.kind === 'detect' ? answerDetect(detector, image, question) : answerScore(detector, image, question)
}

const WHOLE = { kind: 'grid', rows: 1, cols: 1, edges: 'hard' } as const

async function answerDetect(
  { network, decode, descriptor }: LoadedDetector,
  image: PreparedImage,
  question: DetectQuestion,
): Promise<ShardAnswer> {
  const full = maskFeeds(image.positions, WHOLE)(coalitionAt([fullCoalition(WHOLE)], WHOLE, 0))
  const outputs = await network.run({ base: image.base, delta: image.delta({ kind: 'mean' }), ...full })
  checkFinite(outputs)
  return detect(decode(outputs), image, descriptor, question)
}

async function answerScore(
  { network, decode }: LoadedDetector,
  image: PreparedImage,
  question: ScoreQuestion,
): Promise<ShardAnswer> {
  const { coalitions, segments, objectives, minObjectness } = question
  const targets = question.targets.map((target) => ({ ...target, box: toNetwork(image.placement, target.box) }))
  const score = scorer({ targets, objectives, minObjectness })
  const feedsOf = maskFeeds(image.positions, segments)
  const clean = { base: image.base, delta: image.delta(question.fill) }
  const count = coalitionCount(coalitions)
  const values = new Float32Array(objectives.length * targets.length * count)
  for (let index = 0; index < count; index++) {
    const outputs = await network.run({ ...clean, ...feedsOf(coalitionAt(coalitions, segments, index)) })
    const scores = score(decode(outputs))
    for (let row = 0; row < scores.length; row++) {
      if (!Number.isFinite(scores[row])) throw invalid(outputs)
      values[row * count + index] = scores[row]!
    }
  }
  return { kind: 'score', values: encodeFloat32(values) }
}

function invalid(outputs: Outputs): InputError {
  checkFinite(outputs)
  return new InputError('MODEL_OUTPUT_INVALID', 'the network gave boxes without a size: check its export')
}
