import {
  type DetectAnswer,
  type DetectQuestion,
  type GivenTarget,
  type Objective,
  ScoreObjective,
  type Target,
  targetId,
} from '@fanlight/contracts'
import { iou } from '@fanlight/evaluate'
import { InputError } from '@fanlight/ports'
import type { Answer, ExplainContext } from './explainer.ts'

/** Values are absent where they were not asked: of a box that a person gave. */
type Detection = Omit<DetectAnswer['detections'][number], 'values'> & { readonly values?: readonly number[] }

/** Detections among which that of a given box is looked for. */
const MAX_COMPARED = 1000
/** From this IoU on a detection is that of a given box. */
const SAME_OBJECT = 0.5

/** The order of a detect answer's `values`. */
const VALUE_ORDER: readonly Objective[] = ScoreObjective.options

/** A target, and where its numbers stand in a score answer over `detections` × `objectives`. */
export interface FoundTarget {
  readonly target: Target
  /** Index into `Found.detections`. */
  readonly detection: number
  /** Index into `Found.objectives`. */
  readonly objective: number
  /** v(full): its value in the clean run; null for loss terms, which a detect answer does not hold. */
  readonly fullValue: number | null
}

/** What there is to explain in an image. */
export interface Found {
  /** Image size in pixels. */
  readonly width: number
  readonly height: number
  /** By falling score, no two alike in box and class. */
  readonly detections: readonly Detection[]
  readonly objectives: readonly Objective[]
  /** Each detection under each objective, detection by detection. */
  readonly targets: readonly FoundTarget[]
  /** Detections that the policy's `maxTargets` cut off. */
  readonly targetsCut: number
}

/**
 * Asks what the detector sees and makes it targets: what every method starts with.
 * @throws InputError `MESSAGE_INVALID` when the answer is no detect answer
 */
export function* findTargets(context: ExplainContext): Generator<DetectQuestion, Found, Answer> {
  const { minScore, maxTargets, given } = context.policy
  const answer = yield { kind: 'detect', minScore, maxDetections: given ? MAX_COMPARED : maxTargets }
  if (answer.kind !== 'detect') {
    throw new InputError('MESSAGE_INVALID', `a detect question got a ${answer.kind} answer: answer what was asked`)
  }
  const { width, height, found } = answer
  const sorted = answer.detections.toSorted((a, b) => b.score - a.score)
  const kept = given ? given.map((target) => seenAs(target, sorted)) : sorted.slice(0, maxTargets)
  const detections = withoutTwins(kept)
  const objectives = [...new Set(context.policy.objectives)]
  const targets = detections.flatMap((seen, detection) =>
    objectives.map((name, objective) => ({
      target: targetOf(context, seen, name),
      detection,
      objective,
      fullValue: seen.values?.[VALUE_ORDER.indexOf(name)] ?? null,
    })),
  )
  return { width, height, detections, objectives, targets, targetsCut: given ? 0 : Math.max(0, found - kept.length) }
}

/** A given box with the score of the detection that lies on it, 0 where the detector missed it. */
function seenAs({ box, class: wanted, label }: GivenTarget, sorted: readonly Detection[]): Detection {
  const match = sorted.find((seen) => seen.class === wanted && iou(seen.box, box) >= SAME_OBJECT)
  return { box, class: wanted, label, score: match?.score ?? 0 }
}

/** End-to-end heads may say the same box and class twice: one target, since its id and its map would be the same. */
function withoutTwins(detections: readonly Detection[]): Detection[] {
  const first = new Map<string, Detection>()
  for (const seen of detections) {
    const key = JSON.stringify([seen.box, seen.class])
    if (!first.has(key)) first.set(key, seen)
  }
  return [...first.values()]
}

function targetOf({ image, detector }: ExplainContext, seen: Detection, objective: Objective): Target {
  const { box, label, score } = seen
  return { id: targetId(image, detector, box, seen.class, objective), box, class: seen.class, label, score, objective }
}
