import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { blurred, type Planes } from './blur.ts'
import { shifted } from './shift.ts'
import { totalVariation } from './total-variation.ts'

export interface DreamOptions {
  /** Of the picture that the network takes, in pixels. */
  readonly width: number
  readonly height: number
  /** Of the ascent. */
  readonly steps: number
  /** Of the noise that it starts from, and of the jitter. */
  readonly seed: number
  /** A picture is kept each so many steps; the first and the last always are. */
  readonly keepEvery: number
  /** @default `usual` */
  readonly regularisation?: Regularisation
}

/** What keeps a dream from becoming a pattern that only this network's rounding answers to. */
export interface Regularisation {
  /** The network sees the picture moved by up to this share of its shorter side, another way at each step. */
  readonly jitter: number
  /** σ of the Gaussian that the picture is blurred with now and then, at the first step, likewise; it falls to 0. */
  readonly blur: number
  /** Weight of the total variation's slope beside that of the objective, whose root mean square is 1. */
  readonly variation: number
}

/** Chosen by eye: what YOLOX-Nano dreams of under `person` has a head, a shirt, arms, legs and shoes. */
const usual: Regularisation = { jitter: 0.06, blur: 0.007, variation: 0.5 }

/** Asks for the objective and its gradient at a picture. */
export interface DreamQuestion {
  /** Steps taken so far. */
  readonly step: number
  /** RGB, float32 [3, height, width], values 0..1. */
  readonly picture: Float32Array
  /** Whether the picture is one to show: it is not moved then. */
  readonly kept: boolean
}

export interface DreamAnswer {
  /** ∂objective/∂picture, in the picture's layout. */
  readonly gradient: Float32Array
}

const NOISE = 0.02
/** How far a typical pixel goes at the first step; it falls to a fifth of that. */
const FIRST_STRIDE = 0.05
const LAST_STRIDE = 0.01
const BLUR_EVERY = 4
/** The picture settles without being blurred. */
const BLURRED_SHARE = 0.75
/** σ of the bands, of the shorter side: pictures have most of their strength in coarse structure, gradients in fine. */
const BANDS = [0, 0.005, 0.015, 0.04]
/** Colours of photos spread about this much beside their brightness (Olah et al. 2017, on decorrelated colours). */
const COLOUR = 0.3

/**
 * The input that an objective rises at, by gradient ascent from grey with a little noise (Simonyan et al. 2013,
 * arXiv:1312.6034), kept near to what pictures are like: the network sees it jittered (Mordvintsev et al. 2015), it is
 * blurred with falling strength (Yosinski et al. 2015, arXiv:1506.06579), its total variation costs (Mahendran and
 * Vedaldi 2015, arXiv:1412.0035), and coarse bands of the gradient count as much as the finest (the preconditioning of
 * Olah et al. 2017, "Feature Visualization", in the place of the pixels).
 *
 * A generator of questions, as explainers are: the same answers give the same questions and the same bits.
 * @returns the last picture: RGB, float32 [3, height, width], 0..1
 */
export function* dream(options: DreamOptions): Generator<DreamQuestion, Float32Array, DreamAnswer> {
  const { width, height, steps, keepEvery, regularisation = usual } = options
  const side = Math.min(width, height)
  const reach = Math.round(regularisation.jitter * side)
  const random = xoroshiro128plus(options.seed)
  const uniform = () => uniformFloat64(random)
  let picture: Float32Array = Float32Array.from({ length: 3 * width * height }, () => 0.5 + NOISE * (2 * uniform() - 1))
  for (let step = 0; step < steps; step++) {
    const planes = { data: picture, width, height }
    // Drawn whether it is used or not, so that the jitter of a step does not depend on which pictures are kept.
    const [dx, dy] = [uniformInt(random, -reach, reach), uniformInt(random, -reach, reach)]
    const kept = step % keepEvery === 0
    const seen = kept ? picture : shifted(planes, dx, dy)
    const { gradient } = yield { step, picture: seen, kept }
    const back = { data: kept ? gradient : shifted({ data: gradient, width, height }, -dx, -dy), width, height }
    picture = moved(planes, directionOf(back), { done: step / steps, regularisation })
    const sigma = regularisation.blur * side * (1 - step / (BLURRED_SHARE * steps))
    if ((step + 1) % BLUR_EVERY === 0) picture = blurred({ data: picture, width, height }, sigma)
  }
  yield { step: steps, picture, kept: true }
  return picture
}

/** The gradient, its bands of one strength and its colours subdued, with a root mean square of 1; 0 where it is 0. */
function directionOf(gradient: Planes): Float32Array {
  const sum = new Float32Array(gradient.data.length)
  const side = Math.min(gradient.width, gradient.height)
  for (const share of BANDS) {
    const band = blurred(gradient, share * side)
    const scale = 1 / (rootMeanSquare(band) || 1)
    for (let i = 0; i < sum.length; i++) sum[i]! += band[i]! * scale
  }
  subdueColours(sum)
  const scale = 1 / (rootMeanSquare(sum) || 1)
  for (let i = 0; i < sum.length; i++) sum[i]! *= scale
  return sum
}

/** The planes of a picture mostly go together: what sets them apart counts less. */
function subdueColours(planes: Float32Array): void {
  const size = planes.length / 3
  for (let i = 0; i < size; i++) {
    const mean = (planes[i]! + planes[i + size]! + planes[i + 2 * size]!) / 3
    for (let at = i; at < planes.length; at += size) planes[at] = mean + COLOUR * (planes[at]! - mean)
  }
}

/** Uphill by the direction, downhill by the total variation, within what a picture can be. */
function moved(
  planes: Planes,
  direction: Float32Array,
  { done, regularisation }: { done: number; regularisation: Regularisation },
): Float32Array {
  const stride = FIRST_STRIDE + (LAST_STRIDE - FIRST_STRIDE) * done
  const { gradient: rough } = totalVariation(planes)
  const next = new Float32Array(rough.length)
  for (let i = 0; i < next.length; i++) {
    const value = planes.data[i]! + stride * (direction[i]! - regularisation.variation * rough[i]!)
    next[i] = Math.min(1, Math.max(0, value))
  }
  return next
}

function rootMeanSquare(values: Float32Array): number {
  let sum = 0
  for (const value of values) sum += value * value
  return Math.sqrt(sum / values.length)
}
