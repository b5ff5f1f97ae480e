import {
  type CoalitionSet,
  type DetectorRef,
  encodeFloat32,
  forwardsOf,
  type GradientQuestion,
  type Question,
  type ScoreQuestion,
  type SegmentQuestion,
  type ShardAnswer,
  sha256,
} from '@fanlight/contracts'
import { coalitionAt, packLabels } from '@fanlight/segments'

/** What is in a photo of the closed-form detector's world: two things, or none. */
export interface Scene {
  readonly isEmpty: boolean
  /** Moves the things, so that no two photos are alike. */
  readonly phase: number
}

const WIDTH = 64
const HEIGHT = 16

export const closedFormDetector: DetectorRef = {
  id: sha256('detector'),
  name: 'closed form',
  sha256: sha256('onnx'),
  uri: '/closed-form.onnx',
  descriptor: {
    family: 'closed-form',
    familyVersion: 1,
    inputName: 'image',
    width: 64,
    height: 64,
    preprocess: { channels: 'RGB', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
    classNames: ['thing 0', 'thing 1'],
    strides: [],
    anchors: [],
    nmsIou: 0.5,
  },
}

const boxesOf = ({ phase }: Scene): [number, number, number, number][] => [
  [4 + phase, 2, 20 + phase, 12],
  [36, 4 + (phase % 4), 56, 14],
]

/**
 * A detector in closed form: a thing scores by what is kept of two of its cells.
 * @param noise added to every value, as another machine would
 */
export function closedFormAnswer(question: Question, scene: Scene, noise: number): ShardAnswer {
  if (question.kind === 'score') return { kind: 'score', values: encodeFloat32(scores(question, scene, noise)) }
  if (question.kind === 'segment') return segments(question)
  if (question.kind === 'gradient') return gradients(question, scene, noise)
  const boxes = scene.isEmpty ? [] : boxesOf(scene)
  const detections = boxes.map((box, i) => {
    const score = 0.9 - 0.1 * i + noise
    return {
      box,
      class: i,
      label: `thing ${i}`,
      score,
      values: [score, score, 1, 1] as [number, number, number, number],
    }
  })
  return { kind: 'detect', width: WIDTH, height: HEIGHT, detections, found: detections.length }
}

/** Blocks of cells, about as many as are wanted: the scene has no colours. */
function segments({ rows, cols, segments: wanted }: SegmentQuestion): ShardAnswer {
  const side = Math.min(Math.ceil(Math.sqrt(wanted)), rows, cols)
  const labels = Array.from({ length: rows * cols }, (_, cell) => {
    const [row, col] = [Math.floor(cell / cols), cell % cols]
    return Math.floor((row * side) / rows) * side + Math.floor((col * side) / cols)
  })
  return { kind: 'segment', count: side ** 2, labels: packLabels(labels, side ** 2).of }
}

/** The two cells as a map; each objective has a magnitude of its own. */
function gradients({ targets, objectives, map }: GradientQuestion, scene: Scene, noise: number): ShardAnswer {
  const values = targets.flatMap(({ box }) =>
    objectives.flatMap(() =>
      Array.from({ length: map.width * map.height }, (_, i) => {
        const x = (((i % map.width) + 0.5) / map.width) * WIDTH
        return x >= box[0] && x < box[0] + WIDTH / 8 ? 1 / (1 + 0.01 * scene.phase) + noise : 0
      }),
    ),
  )
  const facts = targets.flatMap(() =>
    objectives.map((_, o) => ({ value: 0.9 + noise, emptyValue: null, magnitude: 1 + o, slope: 0.1, vanished: null })),
  )
  return { kind: 'gradient', layers: ['cells'], maps: encodeFloat32(Float32Array.from(values)), facts }
}

function scores(question: ScoreQuestion, scene: Scene, noise: number): Float32Array {
  const { targets, objectives, coalitions, segments } = question
  const count = forwardsOf(question)
  const values = new Float32Array(objectives.length * targets.length * count)
  for (let i = 0; i < count; i++) {
    const { kept, cols } = coalitionAt(coalitions as CoalitionSet[], segments, i)
    for (const [t, { box }] of targets.entries()) {
      const column = Math.min(cols - 1, Math.floor((box[0] / WIDTH) * cols))
      const value = (kept[column]! * 0.7 + kept[column + cols]! * 0.2) / (1 + 0.01 * scene.phase) + 0.05 + noise
      for (let o = 0; o < objectives.length; o++) values[(o * targets.length + t) * count + i] = value
    }
  }
  return values
}
