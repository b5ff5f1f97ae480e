import { Fill, type Grid, ScoreObjective } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { coalitionAt, emptyCoalition, fullCoalition, maskAt, pixelCentres, spread, tapsAt } from '@fanlight/segments'
import { z } from 'zod'
import { unmovedShare } from '../doubts.ts'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { type MapShape, mapShapeOf } from '../map-shape.ts'
import { LEVEL, MaskIntervals } from '../mask-intervals.ts'
import { type Layer, type MaskMap, mapsOf } from '../mask-maps.ts'
import { askRounds, type RandomSet } from '../rounds.ts'
import { seedFor } from '../seed.ts'
import { segmentsFor } from '../segmentation.ts'
import { type Found, type FoundTarget, findTargets } from '../targets.ts'

/** With fewer, a map is noise and its halves say nothing. */
const MIN_MASKS = 10
/** As of superpixels elsewhere. */
const COMPACTNESS = 10

const Params = z
  .strictObject({
    /** Random masks, beside the clean and the empty run. */
    masks: z.int().min(MIN_MASKS).max(100_000).default(998),
    /** Cells a side of the grid that a mask is drawn on: 8, not the paper's 16, for budgets of about 1,000 (decision 6). */
    grid: z.int().min(1).max(64).default(8),
    /** Instead of a grid: superpixels, as many a level of a pyramid, with equally many masks of each level (MFPP). */
    superpixels: z.array(z.int().min(2).max(1000)).min(1).max(5).exactOptional(),
    /** Of a cell being kept. */
    probability: z.number().min(0.01).max(0.99).default(0.5),
    /** What stands where cells are removed: rankings change with it. */
    fill: Fill.default({ kind: 'mean' }),
    /**
     * Of |v(full) − v(empty)|: enough is known when no cell's interval is wider; `masks` are the most. Random masks leave
     * peaks of a few hundredths: .05 is a coarse map already.
     */
    tolerance: z.number().positive().max(1).exactOptional(),
  })
  .refine(({ superpixels, tolerance }) => !(superpixels && tolerance), {
    path: ['tolerance'],
    message: 'goes with a grid: leave out superpixels, or tolerance',
  })
type Params = z.infer<typeof Params>

/**
 * D-RISE (Petsiuk et al., CVPR 2021) with the masks of RISE (Petsiuk et al., BMVC 2018): random grids, bilinearly
 * enlarged and shifted by a fraction of a cell. All targets are scored by the same forwards.
 *
 * RISE's saliency is S(x) = 1 / (N · E[M]) · Σᵢ sᵢ Mᵢ(x). Here E[M] is the realised coverage, cell by cell, and the
 * mean score is subtracted, an affine change that gives the map a zero and a sign:
 *   map(x) = Σᵢ (sᵢ − s̄) Mᵢ(x) / Σᵢ Mᵢ(x):
 * by how much the score is higher than on average when x is kept; negative where keeping x lowers it.
 *
 * With `superpixels` masks are drawn on fragments of several sizes instead, as MFPP does (Yang et al. 2020,
 * arXiv:2006.02659); s̄ is that of the mask's level. With a `tolerance` masks are asked for in rounds, and each target's
 * map is that of the first round after which it is sure enough.
 */
export const dRise: Explainer<Params> = {
  name: 'drise',
  version: 1,
  summary: 'D-RISE: random grid masks, scored for all detections at once',
  params: Params,
  objectives: ScoreObjective.options,
  withForwards(params, forwards) {
    const masks = forwards - otherForwards(params)
    if (Number.isInteger(masks) && masks >= MIN_MASKS) return { ...params, masks }
    const least = `at least ${MIN_MASKS + otherForwards(params)}, the clean and the empty run included`
    throw new InputError('USAGE', `drise cannot work with ${forwards} forwards: give it a whole number, ${least}`)
  },
  cost: (params) => params.masks + otherForwards(params),
  explain,
}

/** The clean and the empty run; each level of superpixels; the full run, which tells what a tolerance is a share of. */
const otherForwards = ({ superpixels, tolerance }: Params): number =>
  2 + (superpixels?.length ?? 0) + (tolerance === undefined ? 0 : 1)

function* explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targetsCut } = found
  if (found.targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const asked = { found, params, seed: seedFor(context, 'drise'), shape: mapShapeOf(width, height) }
  const attributions = params.superpixels ? yield* byPyramid(asked, params.superpixels) : yield* byGrid(asked)
  return { width, height, targetsCut, attributions }
}

interface Asked {
  readonly found: Found
  readonly params: Params
  readonly seed: number
  readonly shape: MapShape
}

function* byGrid({ found, params, seed, shape }: Asked): Generator<AskedQuestion, Attribution[], Answer> {
  const { masks, probability, fill, tolerance } = params
  const grid: Grid = { kind: 'grid', rows: params.grid, cols: params.grid, edges: 'bilinear' }
  const random: RandomSet = { kind: 'random', count: masks, first: 0, seed, probability, shift: true }
  const inRounds = tolerance !== undefined
  const fixed = inRounds ? [emptyCoalition(grid), fullCoalition(grid)] : [emptyCoalition(grid)]
  const intervals = found.targets.map(() => new MaskIntervals(grid.rows * grid.cols, probability))
  const attributions: (Attribution | undefined)[] = found.targets.map(() => undefined)
  let known = 0
  yield* askRounds(found, { segments: grid, fill, fixed, random, inRounds }, (values, count) => {
    const scores = values.map((run) => run.subarray(fixed.length))
    for (; inRounds && known < count; known++) {
      const mask = maskAt(coalitionAt([random], grid, known), grid, grid.cols, grid.rows)
      intervals.forEach((interval, i) => {
        interval.add(scores[i]![known]!, mask)
      })
    }
    const ranges = values.map((run) => Math.abs(run[1]! - run[0]!))
    const isSure = (i: number) => inRounds && intervals[i]!.widest <= tolerance * ranges[i]!
    const told = [...attributions.keys()].filter((i) => !attributions[i] && (count === masks || isSure(i)))
    if (told.length === 0) return false
    const maps = mapsOf([{ grid, random: { ...random, count }, scores: told.map((i) => scores[i]!) }], shape)
    told.forEach((i, at) => {
      const forwards = count + otherForwards(params)
      const seen = { scores: scores[i]!, emptyValue: values[i]![0]!, forwards }
      const made = attributionOf(found.targets[i]!, maps[at]!, seen)
      const sure = { intervals: intervals[i]!, range: ranges[i]!, stoppedEarly: count < masks }
      attributions[i] = inRounds ? { ...made, ...surenessOf(made, grid, sure) } : made
    })
    return attributions.every((made) => made !== undefined)
  })
  return attributions.filter((made) => made !== undefined)
}

/** A level after the other, with as many masks each, but for the rest of the division. */
function* byPyramid(
  { found, params, seed, shape }: Asked,
  levels: readonly number[],
): Generator<AskedQuestion, Attribution[], Answer> {
  const { masks, probability, fill } = params
  const layers: Layer[] = []
  let empty: readonly number[] = []
  for (const [level, segments] of levels.entries()) {
    const grid = yield* segmentsFor(found, { kind: 'slic', segments, compactness: COMPACTNESS })
    const startOf = (part: number) => Math.floor((part * masks) / levels.length)
    const first = startOf(level)
    const random: RandomSet = {
      kind: 'random',
      count: startOf(level + 1) - first,
      first,
      seed,
      probability,
      shift: false,
    }
    const fixed = level === 0 ? [emptyCoalition(grid)] : []
    yield* askRounds(found, { segments: grid, fill, fixed, random, inRounds: false }, (values) => {
      if (level === 0) empty = values.map((run) => run[0]!)
      layers.push({ grid, random, scores: values.map((run) => run.subarray(fixed.length)) })
      return true
    })
  }
  const maps = mapsOf(layers, shape)
  const forwards = masks + otherForwards(params)
  return found.targets.map((target, i) => {
    const scores = layers.flatMap((layer) => [...layer.scores[i]!])
    return attributionOf(target, maps[i]!, { scores, emptyValue: empty[i]!, forwards })
  })
}

/** What a target's scores over all masks make of it. */
function attributionOf(
  { target, fullValue }: FoundTarget,
  { map, stability }: MaskMap,
  { scores, emptyValue, forwards }: { scores: ArrayLike<number>; emptyValue: number; forwards: number },
): Attribution {
  const unmoved = fullValue === null ? undefined : unmovedShare(scores, fullValue)
  return { target, map, stability, forwards, fullValue, emptyValue, priorShare: 0, unmoved }
}

/** Intervals at the centres of cells, in between interpolated, around the map as it is. */
function surenessOf(
  { map }: MaskMap,
  grid: Grid,
  { intervals, range, stoppedEarly }: { intervals: MaskIntervals; range: number; stoppedEarly: boolean },
): Pick<Attribution, 'interval' | 'fit'> {
  const taps = (positions: number, cells: number) => tapsAt(pixelCentres(positions), cells, undefined, 'bilinear')
  const enlarged = (cells: readonly number[]) =>
    spread(cells, grid.cols, taps(map.width, grid.cols), taps(map.height, grid.rows))
  const centres = enlarged(intervals.centres)
  const halfWidths = enlarged(intervals.halfWidths).map((half, i) => half + Math.abs(map.data[i]! - centres[i]!))
  const widestInterval = range > 0 ? intervals.widest / range : null
  const segments = grid.rows * grid.cols
  return {
    interval: { halfWidths, level: LEVEL },
    fit: { segments, r2: null, efficiencyGap: null, fillAgreement: null, widestInterval, stoppedEarly },
  }
}
