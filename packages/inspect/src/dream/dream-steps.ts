import type { Descriptor } from '@fanlight/contracts'
import { dream } from '@fanlight/network'
import { InputError } from '@fanlight/ports'
import type { DreamAim, Height } from './aim.ts'

export interface DreamRequest {
  readonly aim: DreamAim
  /** How the network is fed and read. */
  readonly descriptor: Descriptor
  /** Of the ascent, 1 to 2048. */
  readonly steps: number
  /** The same seed gives the same pictures. */
  readonly seed: number
  /** Pictures of the way, the start and the end among them: 2 to 64. */
  readonly pictures: number
}

/** A picture on the way, and how high it is. */
export interface DreamStep extends Height {
  /** Steps taken so far, 0 to `steps`. */
  readonly step: number
  /** Of the size of the network's input; null where none is kept, and then the picture was seen jittered. */
  readonly png: Uint8Array | null
}

/** What is asked at each step. */
export interface ClimbQuestion {
  /** RGB, float32 [3, height, width], 0..1 */
  readonly picture: Float32Array
  /** Whether to give it as PNG too. */
  readonly draw: boolean
}

export interface ClimbAnswer extends Height {
  /** ∂value/∂picture */
  readonly gradient: Float32Array
  readonly png: Uint8Array | null
}

const MAX_STEPS = 2048
const MAX_PICTURES = 64
/** Some ten copies of the picture are held, here and in the child. */
const MAX_PIXELS = 1280 * 1280

/**
 * Dreams, one step at a time: whoever stops listening stops the ascent.
 * @throws InputError `USAGE` for numbers out of range, `MODEL_UNSUPPORTED` for a large input; what `climb` throws
 */
export async function* dreamSteps(
  { descriptor, steps, seed, pictures }: DreamRequest,
  climb: (question: ClimbQuestion) => Promise<ClimbAnswer>,
): AsyncGenerator<DreamStep, void, undefined> {
  checkRange('steps', steps, 1, MAX_STEPS)
  checkRange('pictures', pictures, 2, MAX_PICTURES)
  const { width, height } = descriptor
  if (width * height > MAX_PIXELS) {
    const message = `a dream of ${width} × ${height} pixels is too large: export the network for 1280 × 1280 or less`
    throw new InputError('MODEL_UNSUPPORTED', message)
  }
  const questions = dream({ width, height, steps, seed, keepEvery: Math.ceil(steps / (pictures - 1)) })
  for (let next = questions.next(); !next.done; ) {
    const { step, picture, kept } = next.value
    const answer = await climb({ picture, draw: kept })
    yield { step, value: answer.value, score: answer.score, png: answer.png }
    next = questions.next(answer)
  }
}

function checkRange(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new InputError('USAGE', `${what} of a dream are ${least} to ${most}, not ${value}`)
}
