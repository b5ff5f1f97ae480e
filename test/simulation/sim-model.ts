import { forwardsOf } from '@fanlight/contracts'
import { InputError, type Model, type ModelWork, TransientError } from '@fanlight/ports'
import { closedFormAnswer } from '../closed-form-detector.ts'
import type { SimProcess, World } from './world.ts'

/** Photos by what happens to them; each image's id is its name hashed (history.ts). */
export type PhotoKind = 'plain' | 'empty' | 'unreadable' | 'killer'

export interface SimPhoto {
  readonly kind: PhotoKind
  readonly phase: number
}

export interface SimModelOptions {
  readonly photos: ReadonlyMap<string, SimPhoto>
  /** A question answered again differs by about this much, as it would on another machine. */
  readonly noise: number
  /** How often each shard was answered so far, over all processes. */
  readonly answered: Map<string, number>
}

/** The closed-form detector behind a border, with photos that no detector survives. */
export function simModel(world: World, process: SimProcess, options: SimModelOptions): Model {
  return {
    concurrency: 2,
    hasPlaceFor: () => true,
    // What a model throws is an attempt that failed, and three of them are an answer.
    answer: (work) => world.call(process, 'model', async () => answer(world, options, work), { mayFail: false }),
    [Symbol.asyncDispose]: async () => {},
  }
}

function answer(world: World, options: SimModelOptions, { image, question }: ModelWork) {
  const photo = options.photos.get(image.sha256)!
  if (photo.kind === 'unreadable') throw new InputError('IMAGE_UNREADABLE', 'cut off')
  if (photo.kind === 'killer' && question.kind !== 'detect') {
    throw new TransientError('WORKER_CRASHED', 'the child that held the session is gone')
  }
  const key = JSON.stringify([image.sha256, question])
  const before = options.answered.get(key) ?? 0
  options.answered.set(key, before + 1)
  const scene = { isEmpty: photo.kind === 'empty', phase: photo.phase }
  const value = closedFormAnswer(question, scene, before === 0 ? 0 : options.noise * (0.5 + world.random()))
  const measured = { forwards: forwardsOf(question), durationMs: forwardsOf(question) * (50 + world.below(200)) }
  return { answer: value, executionClass: 'simulated', measured }
}
