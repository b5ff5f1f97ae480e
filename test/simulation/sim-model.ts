import {
  type CoalitionSet,
  encodeFloat32,
  forwardsOf,
  type Question,
  type ScoreQuestion,
  type ShardAnswer,
} from '@fanlight/contracts'
import { InputError, type Model, type ModelWork, TransientError } from '@fanlight/ports'
import { coalitionAt } from '@fanlight/segments'
import type { SimProcess, World } from './world.ts'

/** Photos by what happens to them; each image's id is its name hashed (history.ts). */
export type PhotoKind = 'plain' | 'empty' | 'unreadable' | 'killer'

export interface SimPhoto {
  readonly kind: PhotoKind
  /** Moves the object, so that no two photos are alike. */
  readonly phase: number
}

export const WIDTH = 64
export const HEIGHT = 16

export interface SimModelOptions {
  readonly photos: ReadonlyMap<string, SimPhoto>
  /** A question answered again differs by about this much, as it would on another machine. */
  readonly noise: number
  /** How often each shard was answered so far, over all processes. */
  readonly answered: Map<string, number>
}

/** A detector in closed form: an object scores by the product of what is kept of its cells. */
export function simModel(world: World, process: SimProcess, options: SimModelOptions): Model {
  return {
    concurrency: 2,
    answer: (work) => world.call(process, 'model', async () => answer(world, options, work)),
    [Symbol.asyncDispose]: async () => {},
  }
}

function answer(world: World, options: SimModelOptions, { image, question }: ModelWork) {
  const photo = options.photos.get(image.sha256)!
  if (photo.kind === 'unreadable') throw new InputError('IMAGE_UNREADABLE', 'cut off')
  if (photo.kind === 'killer' && question.kind === 'score') {
    throw new TransientError('WORKER_CRASHED', 'the child that held the session is gone')
  }
  const key = JSON.stringify([image.sha256, question])
  const before = options.answered.get(key) ?? 0
  options.answered.set(key, before + 1)
  const value = answerOf(question, photo, before === 0 ? 0 : options.noise * (0.5 + world.random()))
  const measured = { forwards: forwardsOf(question), durationMs: forwardsOf(question) * (50 + world.below(200)) }
  return { answer: value, executionClass: 'simulated', measured }
}

const boxesOf = ({ phase }: SimPhoto): [number, number, number, number][] => [
  [4 + phase, 2, 20 + phase, 12],
  [36, 4 + (phase % 4), 56, 14],
]

function answerOf(question: Question, photo: SimPhoto, noise: number): ShardAnswer {
  if (question.kind === 'score') return { kind: 'score', values: encodeFloat32(scores(question, photo, noise)) }
  const boxes = photo.kind === 'empty' ? [] : boxesOf(photo)
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

function scores(question: ScoreQuestion, photo: SimPhoto, noise: number): Float32Array {
  const { targets, objectives, coalitions, segments } = question
  const count = forwardsOf(question)
  const values = new Float32Array(objectives.length * targets.length * count)
  for (let i = 0; i < count; i++) {
    const { kept, cols } = coalitionAt(coalitions as CoalitionSet[], segments, i)
    for (const [t, { box }] of targets.entries()) {
      const column = Math.min(cols - 1, Math.floor((box[0] / WIDTH) * cols))
      const value = (kept[column]! * 0.7 + kept[column + cols]! * 0.2) / (1 + 0.01 * photo.phase) + 0.05 + noise
      for (let o = 0; o < objectives.length; o++) values[(o * targets.length + t) * count + i] = value
    }
  }
  return values
}
