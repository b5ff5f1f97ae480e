import type { Box, DetectAnswer } from '@fanlight/contracts'
import {
  checkFinite,
  detect,
  heldMatch,
  lossGainsOf,
  type Outputs,
  objectives,
  type PreparedImage,
} from '@fanlight/detector/inside'
import { toNetwork } from '@fanlight/image'
import { InputError } from '@fanlight/ports'
import type { OpenDetector } from './open-detector.ts'

export type Detection = Pick<DetectAnswer['detections'][number], 'box' | 'class' | 'label' | 'score'>

/** Of a photo. */
const MAX_DETECTIONS = 100

export function detectionsIn(
  { decode, descriptor }: OpenDetector,
  image: PreparedImage,
  { outputs, minScore }: { outputs: Outputs; minScore: number },
): readonly Detection[] {
  checkFinite(outputs)
  const { detections } = detect(decode(outputs), image, descriptor, { minScore, maxDetections: MAX_DETECTIONS })
  return detections.map(({ box, class: classIndex, label, score }) => ({ box, class: classIndex, label, score }))
}

/** Which detection is looked at. */
export interface Choice {
  /** From 1, in the order of falling scores. @default the best */
  readonly detection?: number | undefined
  /** By its label: the best of that class. */
  readonly class?: string | undefined
}

/**
 * @returns its place among the detections
 * @throws InputError `NOT_FOUND` where the photo has no such detection, saying which there are
 */
export function chosenDetection(
  detections: readonly Detection[],
  { detection, class: label }: Choice,
  minScore: number,
): number {
  if (detections.length === 0) {
    const remedy = 'take another photo, or lower the least score'
    throw new InputError('NOT_FOUND', `nothing of a score of ${minScore} or more is detected in this photo: ${remedy}`)
  }
  const at = label === undefined ? (detection ?? 1) - 1 : detections.findIndex((one) => one.label === label)
  if (detections[at]) return at
  const there = detections
    .slice(0, 10)
    .map((one, i) => `${i + 1} ${JSON.stringify(one.label)} (${one.score.toFixed(2)})`)
  const wanted = label === undefined ? `detection ${detection}` : `detection of the class ${JSON.stringify(label)}`
  throw new InputError('NOT_FOUND', `this photo has no ${wanted}; it has ${there.join(', ')}`)
}

export interface Gradient {
  readonly value: number
  /** dL/d(output), an array an output. */
  readonly cotangents: readonly Float32Array[]
  /** Why the gradient says nothing; null where it does. */
  readonly vanished: string | null
}

const SATURATED = 1e-6

/** How the score of a detection follows from the network's outputs. */
export function scoreGradient(
  { decode, descriptor }: OpenDetector,
  { outputs, target }: { outputs: Outputs; target: { readonly box: Box; readonly class: number } },
): Gradient {
  const predictions = decode(outputs)
  const cotangents = outputs.map(({ data }) => new Float32Array(data.length))
  const index = heldMatch(predictions, target)
  if (index === undefined)
    return { value: 0, cotangents, vanished: 'no prediction of the network matches the detection' }
  const held = { predictions, index, target, gains: lossGainsOf(descriptor) }
  const { value, slope } = objectives.score(held, cotangents)
  const flat = slope !== null && slope < SATURATED
  return {
    value,
    cotangents,
    vanished: flat ? 'its score is saturated: it is so sure that no small change moves it' : null,
  }
}

export const inNetwork = ({ placement }: PreparedImage, { box, class: classIndex }: Detection) => ({
  box: toNetwork(placement, box),
  class: classIndex,
})
