import type { Box, ScoreObjective } from '@fanlight/contracts'
import type { Predictions } from './family.ts'
import { iouAt } from './iou.ts'

export interface NetworkTarget {
  /** xyxy in pixels of the network's input. */
  readonly box: Box
  readonly class: number
}

export interface ScoringTask {
  readonly targets: readonly NetworkTarget[]
  readonly objectives: readonly ScoreObjective[]
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
 * Made once a shard: it remembers where each maximum was and looks there first in the next forward. Then one pass over
 * the predictions serves all targets; most are passed over by their objectness alone, before a class or a box is read.
 * A maximum does not depend on the order of looking.
 */
export function scorer({ targets, objectives, minObjectness }: ScoringTask): Scorer {
  const matches = objectives.map(() => targets.map((target) => new Match(target)))
  const values = new Float32Array(objectives.length * targets.length)
  const needsPresence = objectives.some((objective) => objective !== 'score')
  let best: Float64Array = new Float64Array()

  return (predictions) => {
    if (needsPresence && !predictions.objectness) best = bestProbabilities(predictions, best)
    const presence = predictions.objectness ?? ((index: number) => best[index]!)
    for (const [row, objective] of objectives.entries()) {
      const sight = sightOf(objective, { predictions, presence, minObjectness })
      findMatches(predictions, sight, matches[row]!)
      for (const [column, { value }] of matches[row]!.entries()) values[row * targets.length + column] = value
    }
    return values
  }
}

/** The best prediction for one target under one objective, so far. */
class Match {
  readonly class: number
  readonly box: Float64Array
  value = 0
  index = 0

  constructor(target: NetworkTarget) {
    this.class = target.class
    this.box = Float64Array.from(target.box)
  }
}

/** What an objective sees of a prediction. NaN stays NaN. */
interface Sight {
  /** No s of the prediction is above it, whatever the class; one look at it passes most predictions over. */
  readonly bound: (index: number) => number
  readonly strength: (index: number, classIndex: number) => number
}

interface Seen {
  readonly predictions: Predictions
  /** Objectness, or what stands in for it. */
  readonly presence: (index: number) => number
  readonly minObjectness: number
}

function sightOf(objective: ScoreObjective, { predictions, presence, minObjectness }: Seen): Sight {
  const { objectness } = predictions
  const probability = (index: number, classIndex: number) => predictions.probability(index, classIndex)
  const gate = (index: number) => {
    const value = presence(index)
    if (value >= minObjectness) return 1
    return value < minObjectness ? 0 : Number.NaN
  }
  switch (objective) {
    case 'score':
      if (!objectness) return { bound: unbounded, strength: probability }
      // A probability may be a rounding above 1.
      return {
        bound: (index) => objectness(index) * 1.001,
        strength: (index, c) => objectness(index) * probability(index, c),
      }
    case 'class':
      return {
        bound: (index) => (gate(index) === 0 ? 0 : Infinity),
        strength: (index, c) => gate(index) * probability(index, c),
      }
    case 'objectness':
      return { bound: presence, strength: presence }
    case 'box':
      return { bound: gate, strength: gate }
  }
}

const unbounded = () => Infinity
const box = new Float64Array(4)

function findMatches(predictions: Predictions, sight: Sight, matches: readonly Match[]): void {
  const { count } = predictions
  if (count === 0) for (const match of matches) match.value = 0
  if (count === 0) return
  for (const match of matches) {
    const hint = Math.min(match.index, count - 1)
    match.value = 0
    look(predictions, sight, { index: hint, matches: [match] })
  }
  let floor = lowest(matches)
  for (let index = 0; index < count; index++) {
    // Nothing is less than or equal to NaN, which so comes through.
    if (sight.bound(index) <= floor) continue
    if (look(predictions, sight, { index, matches })) floor = lowest(matches)
  }
}

/** @returns whether the prediction is now the best for any of the targets */
function look(
  predictions: Predictions,
  sight: Sight,
  { index, matches }: { index: number; matches: readonly Match[] },
): boolean {
  const bound = sight.bound(index)
  let isBoxRead = false
  let isBetter = false
  for (const match of matches) {
    // No IoU is above 1; and a target that met NaN is done with.
    if (bound <= match.value || Number.isNaN(match.value)) continue
    const s = sight.strength(index, match.class)
    if (s <= match.value) continue
    if (!isBoxRead) predictions.box(index, box)
    isBoxRead = true
    const similarity = s * iouAt(box, 0, match.box, 0)
    if (similarity <= match.value) continue
    match.value = similarity
    match.index = index
    isBetter = true
  }
  return isBetter
}

function lowest(matches: readonly Match[]): number {
  let floor = Number.POSITIVE_INFINITY
  for (const { value } of matches) if (value < floor) floor = value
  return floor
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
