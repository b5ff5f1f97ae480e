import {
  encodeFloat32,
  type GradientAnswer,
  type GradientFacts,
  type GradientQuestion,
  LossTerm,
  type Objective,
  type Sampling,
  type Vanished,
} from '@fanlight/contracts'
import { toNetwork } from '@fanlight/image'
import { InputError } from '@fanlight/ports'
import { fused, type LayerTap, ontoPhoto, reductions, usesGradient } from '@fanlight/saliency'
import type { Tensor } from 'onnxruntime-node'
import type { Outputs } from '../family.ts'
import { heldMatch } from '../held-match.ts'
import { objectives as gradientOf } from '../objectives/index.ts'
import { checkFinite } from '../outputs.ts'
import type { NetworkTarget } from '../scoring.ts'
import type { LoadedDetector } from './answer.ts'
import { feed, plainForward } from './masked-network.ts'
import { MeanTaps, normOf } from './mean-taps.ts'
import type { PreparedImage } from './prepared-images.ts'
import { samplesOf } from './samples.ts'
import { needsDistances } from './tapped-as.ts'
import type { TappedNetwork } from './tapped-network.ts'

/** A slope below which a probability, in float32, is 0 or 1 for all that its gradient is worth. */
const SATURATED = 1e-6
/** A loss of the box this small is the loss against itself: which way its corner points is rounding. */
const AT_MINIMUM = 1e-4

/** All that the gradients of one photo share. */
interface Run {
  readonly detector: LoadedDetector
  readonly network: TappedNetwork
  /** Gives the outputs that objectives are read from. */
  readonly forward: (input: Tensor) => Promise<Outputs>
  readonly image: PreparedImage
  readonly question: GradientQuestion
  /** Of the photo as it is. */
  readonly clean: Outputs
}

/** What was found about one target under one objective. */
interface Taken {
  readonly facts: GradientFacts
  /** Those with a gradient: most targets speak at one scale of a neck only. */
  readonly taps: readonly LayerTap[]
}

/**
 * The gradients of each target's matched prediction, reduced to maps here, so that no volume of activations travels.
 * @param network opened as `tappedAs` says
 * @throws InputError for objectives that the family does not have
 */
export async function answerGradients(
  detector: LoadedDetector,
  network: TappedNetwork,
  image: PreparedImage,
  question: GradientQuestion,
): Promise<GradientAnswer> {
  const { reduction, map, targets, objectives } = question
  const backward = usesGradient(reduction)
  const forward =
    network.sharesForward || needsDistances(objectives)
      ? async (input: Tensor) => (await network.run(input)).outputs
      : (input: Tensor) => plainForward(detector.network, input)
  const clean = await forward(image.base)
  if (!detector.isRandomised) checkFinite(clean)
  const run: Run = { detector, network, forward, image, question, clean }
  const size = map.width * map.height
  const maps = new Float32Array(targets.length * objectives.length * size)
  const facts: GradientFacts[] = []
  // Without gradients one map serves all targets.
  const shared = backward ? undefined : mapOf(run, (await network.run(image.base)).taps)
  for (const target of targets) {
    const held = { ...target, box: toNetwork(image.placement, target.box) }
    for (const taken of shared ? valuesOf(run, held) : await gradientsOf(run, held)) {
      if (taken.facts.vanished === null) maps.set(shared ?? mapOf(run, taken.taps), facts.length * size)
      facts.push(taken.facts)
    }
  }
  return { kind: 'gradient', layers: [...network.layers], maps: encodeFloat32(maps), facts }
}

async function gradientsOf(run: Run, target: NetworkTarget): Promise<readonly Taken[]> {
  const { detector, network, forward, image, question, clean } = run
  const { objectives, sampling } = question
  const index = heldMatch(detector.decode(clean), target)
  if (index === undefined) return objectives.map(() => ({ facts: factsOf('no-match'), taps: [] }))
  const derivatives = (outputs: Outputs) => {
    const held = { predictions: detector.decode(outputs), index, target, gains: detector.lossGains }
    return objectives.map((objective) => {
      const cotangents = outputs.map(({ data }) => new Float32Array(data.length))
      const taken = gradientOf[objective](held, cotangents)
      // Evidence speaks for a target by lowering its loss.
      return { ...taken, cotangents: isLoss(objective) ? cotangents.map(negated) : cotangents }
    })
  }
  const atClean = derivatives(clean)
  const means = objectives.map(() => new MeanTaps())
  for (const input of samplesOf(sampling, image)) {
    const there = input === image.base ? atClean : derivatives(await forward(input))
    for (const [o, { cotangents }] of there.entries()) means[o]!.add((await network.run(input, cotangents)).taps)
  }
  const away = pathOf(sampling, image)
  const empty = away && derivatives(await forward(away.start))
  return atClean.map(({ value, slope }, o) => {
    const taps = means[o]!.taps(away?.difference)
    const norms = taps.map(({ gradient }) => normOf(gradient))
    const magnitude = Math.hypot(...norms)
    const emptyValue = empty?.[o]?.value ?? null
    if (![magnitude, value, slope ?? 0, emptyValue ?? 0].every(Number.isFinite)) {
      if (detector.isRandomised) return { facts: factsOf('no-gradient'), taps: [] }
      throw notFinite(objectives[o]!)
    }
    const vanished = vanishedBy(objectives[o]!, sampling, { value, slope, magnitude })
    return {
      facts: { value, emptyValue, magnitude, slope, vanished },
      taps: taps.filter((_, i) => norms[i]! > 0),
    }
  })
}

/** What the clean run gives a target: that is all that tells it from another where no gradient is taken. */
function valuesOf({ detector, question, clean }: Run, target: NetworkTarget): readonly Taken[] {
  const predictions = detector.decode(clean)
  const index = heldMatch(predictions, target)
  return question.objectives.map((objective) => {
    if (index === undefined) return { facts: factsOf('no-match'), taps: [] }
    const into = clean.map(({ data }) => new Float32Array(data.length))
    const { value, slope } = gradientOf[objective]({ predictions, index, target, gains: detector.lossGains }, into)
    return { facts: { ...factsOf(null), value, slope }, taps: [] }
  })
}

const isLoss = (objective: Objective) => LossTerm.safeParse(objective).success
const negated = (values: Float32Array) => values.map((value) => -value)

const factsOf = (vanished: Vanished | null): GradientFacts => ({
  value: 0,
  emptyValue: null,
  magnitude: 0,
  slope: null,
  vanished,
})

function notFinite(objective: Objective): InputError {
  const remedy = 'take a layer nearer to the output, or a method without gradients'
  return new InputError('MODEL_OUTPUT_INVALID', `the gradient of ${objective} is not a finite number: ${remedy}`)
}

/** What is saturated, or at its best, in the photo need not be so elsewhere: samples of it speak for themselves. */
function vanishedBy(
  objective: Objective,
  sampling: Sampling,
  { value, slope, magnitude }: Pick<GradientFacts, 'value' | 'slope' | 'magnitude'>,
): Vanished | null {
  if (sampling.kind === 'clean') {
    if (objective === 'loss.box' && value < AT_MINIMUM) return 'at-minimum'
    if (slope !== null && slope < SATURATED) return 'saturated'
  }
  return magnitude === 0 ? 'no-gradient' : null
}

function mapOf({ detector, image, question }: Run, taps: readonly LayerTap[]): Float32Array {
  const { width, height } = detector.descriptor
  const maps = taps.map((tap) => {
    const place = { layer: tap, network: { width, height }, placement: image.placement }
    return ontoPhoto(reductions[question.reduction](tap), place, question.map)
  })
  const map = fused(maps, question.reduction)
  return detector.isRandomised && !map.every(Number.isFinite) ? map.fill(0) : map
}

/** Where a path begins, and photo − start; undefined for other samplings. */
function pathOf(sampling: Sampling, image: PreparedImage): { start: Tensor; difference: Float32Array } | undefined {
  if (sampling.kind !== 'path') return undefined
  const delta = image.delta(sampling.fill).data as Float32Array
  const photo = image.base.data as Float32Array
  const start = feed(
    photo.map((value, i) => value + delta[i]!),
    image.base.dims,
  )
  return { start, difference: delta.map((value) => -value) }
}
