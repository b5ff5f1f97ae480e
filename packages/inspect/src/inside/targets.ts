import type { Box, DetectAnswer } from '@fanlight/contracts'
import {
  checkFinite,
  detect,
  heldMatch,
  iouAt,
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
  /** One that is known from elsewhere: the detection of its class that overlaps its box most. */
  readonly near?: { readonly box: Box; readonly class: number } | undefined
}

/** Below it two boxes do not mean the same thing. */
const SAME_IOU = 0.5

/**
 * @returns its place among the detections
 * @throws InputError `NOT_FOUND` where the photo has no such detection, saying which there are
 */
export function chosenDetection(
  detections: readonly Detection[],
  { detection, class: label, near }: Choice,
  minScore: number,
): number {
  if (detections.length === 0) {
    const remedy = 'take another photo, or lower the least score'
    throw new InputError('NOT_FOUND', `nothing of a score of ${minScore} or more is detected in this photo: ${remedy}`)
  }
  const at = near
    ? nearest(detections, near)
    : label === undefined
      ? (detection ?? 1) - 1
      : detections.findIndex((one) => one.label === label)
  if (detections[at]) return at
  const there = detections
    .slice(0, 10)
    .map((one, i) => `${i + 1} ${JSON.stringify(one.label)} (${one.score.toFixed(2)})`)
  const wanted = near
    ? `detection of class ${near.class} around ${near.box.map(Math.round).join(', ')}`
    : label === undefined
      ? `detection ${detection}`
      : `detection of the class ${JSON.stringify(label)}`
  throw new InputError('NOT_FOUND', `this photo has no ${wanted}; it has ${there.join(', ')}`)
}

/** @returns its place among the detections; -1 where none is near enough */
function nearest(detections: readonly Detection[], near: NonNullable<Choice['near']>): number {
  const box = Float64Array.from(near.box)
  const overlaps = detections.map((one) =>
    one.class === near.class ? iouAt(Float64Array.from(one.box), 0, box, 0) : 0,
  )
  const most = Math.max(...overlaps)
  return most >= SAME_IOU ? overlaps.indexOf(most) : -1
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
