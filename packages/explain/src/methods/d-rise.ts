import { type CoalitionSet, Fill, type Grid, ScoreObjective } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { InputError } from '@fanlight/ports'
import { emptyCoalition } from '@fanlight/segments'
import { z } from 'zod'
import { unmovedShare } from '../doubts.ts'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { type MapShape, mapShapeOf } from '../map-shape.ts'
import { maskSums } from '../mask-sums.ts'
import { askScores } from '../scores.ts'
import { seedFor } from '../seed.ts'
import { findTargets } from '../targets.ts'

/** With fewer, a map is noise and its halves say nothing. */
const MIN_MASKS = 10
/** The clean and the empty run. */
const OTHER_FORWARDS = 2

const Params = z.strictObject({
  /** Random masks, beside the clean and the empty run. */
  masks: z.int().min(MIN_MASKS).max(100_000).default(998),
  /** Cells a side of the grid that a mask is drawn on: 8, not the paper's 16, for budgets of about 1,000 (decision 6). */
  grid: z.int().min(1).max(64).default(8),
  /** Of a cell being kept. */
  probability: z.number().min(0.01).max(0.99).default(0.5),
  /** What stands where cells are removed: rankings change with it. */
  fill: Fill.default({ kind: 'mean' }),
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
 */
export const dRise: Explainer<Params> = {
  name: 'drise',
  version: 1,
  summary: 'D-RISE: random grid masks, scored for all detections at once',
  params: Params,
  objectives: ScoreObjective.options,
  withForwards(params, forwards) {
    const masks = forwards - OTHER_FORWARDS
    if (Number.isInteger(masks) && masks >= MIN_MASKS) return { ...params, masks }
    const least = `at least ${MIN_MASKS + OTHER_FORWARDS}, the clean and the empty run included`
    throw new InputError('USAGE', `drise cannot work with ${forwards} forwards: give it a whole number, ${least}`)
  },
  cost: ({ masks }) => masks + OTHER_FORWARDS,
  explain,
}

function* explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targetsCut } = found
  if (found.targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const { masks } = params
  const grid: Grid = { kind: 'grid', rows: params.grid, cols: params.grid, edges: 'bilinear' }
  const seed = seedFor(context, 'drise')
  const random: CoalitionSet = {
    kind: 'random',
    count: masks,
    first: 0,
    seed,
    probability: params.probability,
    shift: true,
  }
  const runs = yield* askScores(found, {
    segments: grid,
    fill: params.fill,
    coalitions: [emptyCoalition(grid), random],
  })
  const maps = mapsOf(runs, random, grid, mapShapeOf(width, height))
  const attributions = found.targets.map(
    ({ target, fullValue }, i): Attribution => ({
      target,
      ...maps[i]!,
      forwards: masks + OTHER_FORWARDS,
      fullValue,
      emptyValue: runs[i]![0]!,
      priorShare: 0,
      unmoved: fullValue === null ? undefined : unmovedShare(runs[i]!.subarray(1), fullValue),
    }),
  )
  return { width, height, targetsCut, attributions }
}

/** The maps of all targets, each with the correlation between the maps of its even and of its odd masks. */
function mapsOf(runs: readonly Float32Array[], random: CoalitionSet, grid: Grid, shape: MapShape) {
  // Subtracted before the sum: the same map as after it, and exactly zero for a score that never moves.
  const centred = runs.map((run) => {
    const scores = Float64Array.from(run.subarray(1))
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    return scores.map((score) => score - mean)
  })
  const channels = [...centred, new Float64Array(random.count).fill(1)]
  const half = (first: number) => maskSums({ coalitions: [random], grid, shape, channels, first, step: 2 })
  const [even, odd] = [half(0), half(1)]
  const covered = [even.pop()!, odd.pop()!] as const
  return runs.map((_, i) => {
    const whole = ratio(sum(even[i]!, odd[i]!), sum(...covered))
    const stability = correlation(ratio(even[i]!, covered[0]), ratio(odd[i]!, covered[1]))
    return { map: { ...shape, data: Float32Array.from(whole) }, stability }
  })
}

const sum = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!)

/** A cell that no mask kept has shown nothing. */
const ratio = (sums: Float64Array, coverage: Float64Array) =>
  sums.map((value, i) => (coverage[i]! > 0 ? value / coverage[i]! : 0))
