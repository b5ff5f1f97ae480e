import type { Box, Objective } from '@fanlight/contracts'
import type { Predictions } from './family.ts'
import { iouAt } from './iou.ts'

export interface NetworkTarget {
  /** xyxy in pixels of the network's input. */
  readonly box: Box
  readonly class: number
}

export interface ScoringTask {
  readonly targets: readonly NetworkTarget[]
  readonly objectives: readonly Objective[]
  /** `box` and `class` consider only predictions with at least this objectness. */
  readonly minObjectness: number
}

/** @returns float32 [objectives][targets] of one forward; NaN where the network's outputs led to no number */
export type Scorer = (predictions: Predictions) => Float32Array

/**
 * v = max over raw predictions of IoU(box, target box) × s, with s by objective: `score` class probability ×
 * objectness, `class` class probability, `objectness`, or `box` 1. It is the similarity of D-RISE (Petsiuk et al.
 * 2021, arXiv:2006.03204, eq. 1) for one-hot targets, per objective. Where a family has no objectness, `score` is the
 * class probability, and a prediction's best class probability stands in elsewhere.
 *
 * Made once a shard: it remembers where each maximum was and looks there first in the next forward, so that most
 * predictions are passed over before their box is read. A maximum does not depend on the order of looking.
 */
export function scorer({ targets, objectives, minObjectness }: ScoringTask): Scorer {
  const boxes = Float64Array.from(targets.flatMap(({ box }) => box))
  const values = new Float32Array(objectives.length * targets.length)
  const hints = new Int32Array(values.length)
  const needsPresence = objectives.some((objective) => objective !== 'score')
  let best: Float64Array = new Float64Array()

  return (predictions) => {
    if (needsPresence && !predictions.objectness) best = bestProbabilities(predictions, best)
    const presence = predictions.objectness ?? ((index: number) => best[index]!)
    let at = 0
    for (const objective of objectives) {
      const strength = strengthOf(objective, { predictions, presence, minObjectness })
      for (let target = 0; target < targets.length; target++, at++) {
        const match = bestMatch(predictions, strength, {
          class: targets[target]!.class,
          boxes,
          boxAt: 4 * target,
          hint: hints[at]!,
        })
        hints[at] = match.index
        values[at] = match.value
      }
    }
    return values
  }
}

/** s of a prediction; anything not above `floor` stands for a value that cannot matter. NaN stays NaN. */
type Strength = (index: number, classIndex: number, floor: number) => number

interface Sight {
  readonly predictions: Predictions
  /** Objectness, or what stands in for it. */
  readonly presence: (index: number) => number
  readonly minObjectness: number
}

function strengthOf(objective: Objective, { predictions, presence, minObjectness }: Sight): Strength {
  const { objectness } = predictions
  const gate = (index: number) => {
    const value = presence(index)
    if (value >= minObjectness) return 1
    return value < minObjectness ? 0 : Number.NaN
  }
  switch (objective) {
    case 'score':
      if (!objectness) return (index, classIndex) => predictions.probability(index, classIndex)
      return (index, classIndex, floor) => {
        const bound = objectness(index)
        return bound <= floor ? bound : bound * predictions.probability(index, classIndex)
      }
    case 'class':
      return (index, classIndex) => gate(index) * predictions.probability(index, classIndex)
    case 'objectness':
      return presence
    case 'box':
      return gate
  }
}

interface Search {
  readonly class: number
  readonly boxes: Float64Array
  readonly boxAt: number
  readonly hint: number
}

const box = new Float64Array(4)

function bestMatch(predictions: Predictions, strength: Strength, { class: wanted, boxes, boxAt, hint }: Search) {
  const { count } = predictions
  let value = 0
  let index = 0
  for (let i = -1; i < count; i++) {
    const candidate = i < 0 ? Math.min(hint, count - 1) : i
    if (candidate < 0) break
    const s = strength(candidate, wanted, value)
    // No IoU is above 1. Nothing is less than or equal to NaN, which so comes through.
    if (s <= value) continue
    predictions.box(candidate, box)
    const similarity = s * iouAt(box, 0, boxes, boxAt)
    if (similarity <= value) continue
    value = similarity
    index = candidate
    if (Number.isNaN(value)) break
  }
  return { value, index }
}

/** The best class probability of each prediction. */
export function bestProbabilities(predictions: Predictions, reused: Float64Array = new Float64Array()): Float64Array {
  const { count, classCount } = predictions
  const best = reused.length === count ? reused.fill(0) : new Float64Array(count)
  // Classes outside: the outputs of families without objectness lie class by class.
  for (let classIndex = 0; classIndex < classCount; classIndex++) {
    for (let index = 0; index < count; index++) {
      const probability = predictions.probability(index, classIndex)
      if (!(probability <= best[index]!)) best[index] = probability
    }
  }
  return best
}
