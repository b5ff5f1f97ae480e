import { Fill, type Grid, ScoreObjective } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { type Coalition, type LimeFit, limeOf, sequenceFactor, studentFactor } from '@fanlight/game'
import { InputError } from '@fanlight/ports'
import { emptyCoalition, fullCoalition, segmentCount } from '@fanlight/segments'
import { z } from 'zod'
import { unmovedShare } from '../doubts.ts'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { type MapShape, mapShapeOf } from '../map-shape.ts'
import { askRounds, playersOf, type RandomSet } from '../rounds.ts'
import { seedFor } from '../seed.ts'
import { segmentMap } from '../segment-map.ts'
import { FittedSegmentation, segmentsFor } from '../segmentation.ts'
import { type FoundTarget, findTargets } from '../targets.ts'

/** With fewer, halves of the run say nothing. */
const MIN_SAMPLES = 20
/** Of the intervals. */
const LEVEL = 0.9

const Params = z.strictObject({
  segmentation: FittedSegmentation.default({ kind: 'slic', segments: 64, compactness: 10 }),
  /** Coalitions of segments, the full one first, beside the clean and the empty run. */
  samples: z.int().min(MIN_SAMPLES).max(20_000).default(998),
  /** Of the kernel that weighs samples by their cosine distance to the whole photo. */
  kernelWidth: z.number().min(0.05).max(100).default(0.25),
  /** Penalty on the squared coefficients. */
  ridge: z.number().min(0).max(1e6).default(1),
  /** What stands where segments are removed: rankings change with it. */
  fill: Fill.default({ kind: 'mean' }),
  /** Of |v(full) − v(empty)|: enough is known when no segment's interval is wider; `samples` are the most. */
  tolerance: z.number().positive().max(1).nullable().default(null),
})
type Params = z.infer<typeof Params>

/**
 * LIME (Ribeiro, Singh, Guestrin, KDD 2016): a linear model of the value over segments kept, each with probability ½,
 * fitted by ridge with more weight to samples near the whole photo, as Python's `lime` does for images. The map spreads
 * each coefficient over its segment. All targets share the samples.
 *
 * With a tolerance, samples are asked for in rounds; each target's model is that of the first round after which its
 * intervals, which then hold at all rounds at once, are narrow enough.
 */
export const lime: Explainer<Params> = {
  name: 'lime',
  version: 1,
  summary: 'LIME: a linear model of what each superpixel is worth, fitted near the whole photo',
  params: Params,
  objectives: ScoreObjective.options,
  withForwards(params, forwards) {
    const samples = forwards - otherForwards(params)
    if (Number.isInteger(samples) && samples >= MIN_SAMPLES) return { ...params, samples }
    const least = `at least ${MIN_SAMPLES + otherForwards(params)}, the clean and the empty run included`
    throw new InputError('USAGE', `lime cannot work with ${forwards} forwards: give it a whole number, ${least}`)
  },
  cost: (params) => params.samples + otherForwards(params),
  explain,
}

/** The clean and the empty run; superpixels count as one, too. */
const otherForwards = ({ segmentation }: Params): number => (segmentation.kind === 'slic' ? 3 : 2)

function* explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targetsCut } = found
  if (found.targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const grid = yield* segmentsFor(found, params.segmentation)
  const shape = mapShapeOf(width, height)
  const random: RandomSet = {
    kind: 'random',
    count: params.samples - 1,
    first: 0,
    seed: seedFor(context, 'lime'),
    probability: 0.5,
    shift: false,
  }
  const attributions: (Attribution | undefined)[] = found.targets.map(() => undefined)
  const asking = {
    segments: grid,
    fill: params.fill,
    fixed: [emptyCoalition(grid), fullCoalition(grid)],
    random,
    inRounds: params.tolerance !== null,
  }
  yield* askRounds(found, asking, (values, count) => {
    const samples = [new Uint8Array(segmentCount(grid)).fill(1), ...playersOf(random, grid, count)]
    const models = modelsOf(samples, params)
    found.targets.forEach((target, i) => {
      attributions[i] ??= attributionOf(target, values[i]!, models, { params, grid, shape })
    })
    return attributions.every((made) => made !== undefined)
  })
  return { width, height, targetsCut, attributions: attributions.filter((made) => made !== undefined) }
}

/** Models of games over the same samples, and over their halves. */
function modelsOf(samples: readonly Coalition[], params: Params) {
  const halves = [0, 1].map((odd) => {
    const model = limeOf(
      samples.filter((_, i) => i % 2 === odd),
      params,
    )
    return (values: Float32Array) => model(values.filter((_, i) => i % 2 === odd)).values
  })
  return { whole: limeOf(samples, params), halves }
}

interface Setting {
  readonly params: Params
  readonly grid: Grid
  readonly shape: MapShape
}

/** @returns undefined while more samples may make it surer than it is */
function attributionOf(
  { target, fullValue }: FoundTarget,
  values: Float32Array,
  { whole, halves }: ReturnType<typeof modelsOf>,
  { params, grid, shape }: Setting,
): Attribution | undefined {
  const { tolerance, samples } = params
  const [empty, full] = [values[0]!, values[1]!]
  const seen = values.subarray(1)
  const { values: worth, errors, r2 }: LimeFit = whole(seen)
  const factor = factorOf(seen.length, segmentCount(grid), params)
  const halfWidths = errors.map((error) => factor * error)
  const range = Math.abs(full - empty)
  const widestInterval = range > 0 ? (2 * Math.max(...halfWidths)) / range : null
  const stoppedEarly = seen.length < samples
  if (stoppedEarly && (widestInterval === null || widestInterval > tolerance!)) return undefined
  const [even, odd] = halves.map((half) => half(seen))
  return {
    target,
    map: { ...shape, data: segmentMap(worth, grid, shape) },
    forwards: seen.length + otherForwards(params),
    fullValue: fullValue ?? full,
    emptyValue: empty,
    stability: correlation(even!, odd!),
    priorShare: 0,
    interval: { halfWidths: segmentMap(halfWidths, grid, shape), level: LEVEL },
    unmoved: unmovedShare(seen.subarray(1), full),
    fit: {
      segments: segmentCount(grid),
      r2,
      efficiencyGap: null,
      fillAgreement: null,
      widestInterval,
      stoppedEarly,
    },
  }
}

/** How many standard errors an interval reaches to each side: further where few samples tell, and where one may stop. */
function factorOf(seen: number, segments: number, { samples, tolerance }: Params): number {
  const once = studentFactor(Math.max(1, seen - segments - 1))
  if (tolerance === null) return once
  return (once / studentFactor(Number.POSITIVE_INFINITY)) * sequenceFactor(seen, samples, LEVEL)
}
