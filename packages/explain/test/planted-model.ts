import {
  cutPlan,
  encodeFloat32,
  type GradientQuestion,
  type Objective,
  type Question,
  type SegmentQuestion,
  type ShardAnswer,
  sliceQuestion,
} from '@fanlight/contracts'
import { coalitionAt, coalitionCount, maskAt, packLabels } from '@fanlight/segments'
import { type Answer, assembleAnswer } from '../src/index.ts'

export interface PlantedObject {
  readonly box: readonly [number, number, number, number]
  readonly class: number
  readonly score: number
}

/** A detector whose answers are known: it sees an object as far as all four quarters of its box are kept. */
export interface PlantedModel {
  readonly width: number
  readonly height: number
  readonly objects: readonly PlantedObject[]
}

/** Answers as the shards of a plan would be answered, put together. */
export function answerOf(model: PlantedModel, question: Question, shardSize = 64): Answer {
  const plan = cutPlan(question, shardSize)
  const shards = plan.slice(1).map((to, i) => shardAnswer(model, sliceQuestion(question, plan[i]!, to)))
  return assembleAnswer(question, plan, shards)
}

function shardAnswer(model: PlantedModel, question: Question): ShardAnswer {
  const { width, height, objects } = model
  if (question.kind === 'detect') {
    const detections = objects
      .filter(({ score }) => score >= question.minScore)
      .map(({ box, class: index, score }) => ({
        box: [...box] as [number, number, number, number],
        class: index,
        label: `class ${index}`,
        score,
        values: [score, score, 0.9, 0.8] as [number, number, number, number],
      }))
    return {
      kind: 'detect',
      width,
      height,
      detections: detections.slice(0, question.maxDetections),
      found: detections.length,
    }
  }
  if (question.kind === 'gradient') return gradientAnswer(model, question)
  if (question.kind === 'segment') return stripes(question)
  const count = coalitionCount(question.coalitions)
  const masks = Array.from({ length: count }, (_, i) => coalitionAt(question.coalitions, question.segments, i)).map(
    (coalition) => maskAt(coalition, question.segments, RASTER, RASTER),
  )
  const values = question.objectives.flatMap((objective) =>
    question.targets.flatMap(({ box }) => {
      const seen = objects.find((object) => object.box.every((side, i) => side === box[i]))
      const full = objective === 'score' ? (seen?.score ?? 0) : 0.5
      return masks.map((mask) => full * quartersKept(mask, box, model))
    }),
  )
  return { kind: 'score', values: encodeFloat32(Float32Array.from(values)) }
}

/** Columns of cells: no picture, no colours. */
function stripes({ rows, cols, segments }: SegmentQuestion): ShardAnswer {
  const count = Math.min(segments, cols)
  const labels = Array.from({ length: rows * cols }, (_, i) => Math.floor(((i % cols) * count) / cols))
  return { kind: 'segment', count, labels: packLabels(labels, count).of }
}

/** A gradient of 1 in the box, for the objectives that the model has. */
function gradientAnswer(
  { width, height, objects }: PlantedModel,
  { targets, objectives, map }: GradientQuestion,
): ShardAnswer {
  const values = targets.flatMap(({ box: [x1, y1, x2, y2] }) => {
    const inside = (x: number, y: number) => (x >= x1 && x < x2 && y >= y1 && y < y2 ? 1 : 0)
    const centre = (cell: number, cells: number, pixels: number) => ((cell + 0.5) / cells) * pixels
    const cells = Array.from({ length: map.width * map.height }, (_, i) =>
      inside(centre(i % map.width, map.width, width), centre(Math.floor(i / map.width), map.height, height)),
    )
    return objectives.flatMap(() => cells)
  })
  const facts = targets.flatMap(({ box }) => {
    const score = objects.find((object) => object.box.every((side, i) => side === box[i]))?.score ?? 0
    const valueUnder = (objective: Objective) => (objective === 'box' ? 0.8 : score)
    return objectives.map((objective) => ({
      value: valueUnder(objective),
      emptyValue: null,
      magnitude: 1,
      slope: 0.25,
      vanished: null,
    }))
  })
  return { kind: 'gradient', layers: ['images'], maps: encodeFloat32(Float32Array.from(values)), facts }
}

const RASTER = 40

function quartersKept(
  mask: Float32Array,
  [x1, y1, x2, y2]: readonly number[],
  { width, height }: PlantedModel,
): number {
  let kept = 1
  for (const across of [0.25, 0.75]) {
    for (const down of [0.25, 0.75]) {
      const x = Math.floor(((x1! + across * (x2! - x1!)) / width) * RASTER)
      const y = Math.floor(((y1! + down * (y2! - y1!)) / height) * RASTER)
      kept *= mask[y * RASTER + x]!
    }
  }
  return kept
}

export const bytesOf = (data: Float32Array): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
