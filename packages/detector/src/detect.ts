import { type Box, type Descriptor, type DetectAnswer, MIN_OBJECTNESS, ScoreObjective } from '@fanlight/contracts'
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
 * Detections of one forward over the whole photo: best class of each prediction (every class, where the family says
 * so), score = objectness × class probability ≥ `minScore`, class-wise suppression, boxes in image pixels clipped to
 * the image. A box that lies in the padding is none. Each carries its own v(full) under every objective.
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
    objectives: ScoreObjective.options,
    minObjectness: MIN_OBJECTNESS,
  })(predictions)
  const valuesOf = (index: number) =>
    ScoreObjective.options.map((_, objective) => values[objective * kept.length + index]!) as Values
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
  const { count, classCount, everyClass, objectness } = predictions
  const boxes: number[] = []
  const scores: number[] = []
  const classes: number[] = []
  const box = new Float64Array(4)
  const bests = bestProbabilities(predictions)
  for (let index = 0; index < count; index++) {
    const presence = objectness ? objectness(index) : 1
    if (presence * bests[index]! < minScore) continue
    predictions.box(index, box)
    for (let classIndex = 0; classIndex < classCount; classIndex++) {
      const probability = predictions.probability(index, classIndex)
      if (presence * probability < minScore || (!everyClass && probability < bests[index]!)) continue
      boxes.push(...box)
      scores.push(presence * probability)
      classes.push(classIndex)
      if (!everyClass) break
    }
  }
  return { boxes: Float64Array.from(boxes), scores: Float64Array.from(scores), classes: Int32Array.from(classes) }
}

const boxOf = (boxes: Float64Array, index: number): Box => [
  boxes[4 * index]!,
  boxes[4 * index + 1]!,
  boxes[4 * index + 2]!,
  boxes[4 * index + 3]!,
]

/** Of coordinates, in pixels. */
const ROUNDING = 1e-6

/** A side within a rounding of the photo's edge is the edge: a class over the whole image covers it exactly. */
function clipped([x1, y1, x2, y2]: Box, { width, height }: Photo): Box | undefined {
  const low = (value: number) => (value < ROUNDING ? 0 : value)
  const high = (value: number, side: number) => (value > side - ROUNDING ? side : value)
  const box: Box = [low(x1), low(y1), high(x2, width), high(y2, height)]
  return box[0] < box[2] && box[1] < box[3] ? box : undefined
}
