import { type Box, type Descriptor, type DetectAnswer, MIN_OBJECTNESS, Objective } from '@fanlight/contracts'
import { type Placement, toImage, toNetwork } from '@fanlight/image'
import type { Predictions } from './family.ts'
import { type Candidates, suppress } from './nms.ts'
import { bestProbabilities, scorer } from './scoring.ts'

export interface Photo {
  /** Of the original image, pixels. */
  readonly width: number
  readonly height: number
  readonly placement: Placement
}

export interface DetectOptions {
  readonly minScore: number
  readonly maxDetections: number
}

/**
 * Detections of one forward over the whole photo: best class of each prediction, score = objectness × class
 * probability ≥ `minScore`, class-wise suppression, boxes in image pixels clipped to the image. A box that lies in
 * the padding is none. Each carries its own v(full) under every objective.
 */
export function detect(
  predictions: Predictions,
  photo: Photo,
  descriptor: Pick<Descriptor, 'classNames' | 'nmsIou'>,
  { minScore, maxDetections }: DetectOptions,
): DetectAnswer {
  const candidates = candidatesOf(predictions, minScore)
  const found = suppress(candidates, descriptor.nmsIou).flatMap((index) => {
    const box = clipped(toImage(photo.placement, boxOf(candidates.boxes, index)), photo)
    return box ? [{ box, class: candidates.classes[index]!, score: candidates.scores[index]! }] : []
  })
  const kept = found.slice(0, maxDetections)
  const values = scorer({
    targets: kept.map((detection) => ({ ...detection, box: toNetwork(photo.placement, detection.box) })),
    objectives: Objective.options,
    minObjectness: MIN_OBJECTNESS,
  })(predictions)
  const valuesOf = (index: number) =>
    Objective.options.map((_, objective) => values[objective * kept.length + index]!) as Values
  return {
    kind: 'detect',
    width: photo.width,
    height: photo.height,
    detections: kept.map((detection, index) => ({
      box: detection.box,
      class: detection.class,
      label: descriptor.classNames[detection.class]!,
      score: detection.score,
      values: valuesOf(index),
    })),
    found: found.length,
  }
}

type Values = DetectAnswer['detections'][number]['values']

function candidatesOf(predictions: Predictions, minScore: number): Candidates {
  const { count, objectness } = predictions
  const boxes: number[] = []
  const scores: number[] = []
  const classes: number[] = []
  const box = new Float64Array(4)
  const bests = bestProbabilities(predictions)
  for (let index = 0; index < count; index++) {
    const score = (objectness ? objectness(index) : 1) * bests[index]!
    if (score < minScore) continue
    let best = 0
    while (predictions.probability(index, best) < bests[index]!) best++
    predictions.box(index, box)
    boxes.push(...box)
    scores.push(score)
    classes.push(best)
  }
  return { boxes: Float64Array.from(boxes), scores: Float64Array.from(scores), classes: Int32Array.from(classes) }
}

const boxOf = (boxes: Float64Array, index: number): Box => [
  boxes[4 * index]!,
  boxes[4 * index + 1]!,
  boxes[4 * index + 2]!,
  boxes[4 * index + 3]!,
]

function clipped([x1, y1, x2, y2]: Box, { width, height }: Photo): Box | undefined {
  const box: Box = [Math.max(0, x1), Math.max(0, y1), Math.min(width, x2), Math.min(height, y2)]
  return box[0] < box[2] && box[1] < box[3] ? box : undefined
}
