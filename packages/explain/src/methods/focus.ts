import { type Fill, ScoreObjective } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { type Coalition, type LogisticWorth, logisticGame, sequenceFactor } from '@fanlight/game'
import { packBits } from '@fanlight/segments'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { z } from 'zod'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { focusMap } from '../focus-map.ts'
import { focusPrior } from '../focus-prior.ts'
import { mapShapeOf } from '../map-shape.ts'
import { HidingParams, LEVEL, openGame, otherForwards, type PhotoGame, withForwards } from '../photo-game.ts'
import { askScores } from '../scores.ts'
import { seedFor } from '../seed.ts'
import { type Found, findTargets } from '../targets.ts'

/** Cells a side: what the prior was learned for. */
const CELLS = 8
/** Coalitions asked under another fill, too: the first ones, of which each hides something else. One in so many, within bounds. */
const CHECKED = { oneIn: 15, least: 5, most: 10 }
const checksOf = (coalitions: number): number =>
  Math.min(CHECKED.most, Math.max(CHECKED.least, Math.round(coalitions / CHECKED.oneIn)))
/** Least coalitions from which anything is learned. */
const MIN_LEARNED = 10
/** With a tolerance: coalitions after which one looks first, and then when there are twice as many. */
const FIRST_LOOK = 48

const Params = HidingParams.pick({ fill: true }).extend({
  /** Coalitions of cells in all, those asked under another fill included, beside the clean and the empty run. */
  coalitions: z
    .int()
    .min(MIN_LEARNED + CHECKED.least)
    .max(20_000)
    .default(148),
  /** Of |v(full) − v(empty)|: enough is known when no cell's interval is wider, and `coalitions` are the most; null: ask them all. */
  tolerance: z.number().positive().max(1).nullable().default(null),
})
type Params = z.infer<typeof Params>

const asHiding = (params: Params): HidingParams => ({
  ...params,
  segmentation: { kind: 'grid', rows: CELLS, cols: CELLS, edges: 'hard' },
})

/**
 * Fanlight's own method: Shapley values of the cells of an 8 × 8 grid from some 150 forwards, which serve all targets.
 * A detection behaves like an AND over its cells, so each target's game is fitted as a sigmoid of the cells that are
 * kept, with what all boxes have in common as a prior (`focusPrior`); its Shapley values then cost no forwards. The
 * prior gives way where the photo contradicts it (`logisticGame`). docs/quality.md tells what that is worth.
 *
 * Coalitions: k cells kept with P(k) ∝ k² of 1..63, which k evenly; a sigmoid learns nothing from nearly empty photos.
 */
export const focus: Explainer<Params> = {
  name: 'focus',
  version: 2,
  summary: 'Shapley values of cells from few forwards, by a sigmoid with a prior; with intervals',
  params: Params,
  objectives: ScoreObjective.options,
  withForwards: (params, forwards) => {
    const { coalitions } = withForwards('focus', MIN_LEARNED + CHECKED.least)(asHiding(params), forwards)
    return { ...params, coalitions }
  },
  cost: (params) => params.coalitions + otherForwards(asHiding(params)),
  explain,
}

function* explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targets, targetsCut } = found
  if (targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const game = yield* openGame(found, asHiding(params))
  const checks = checksOf(params.coalitions)
  const coalitions = coalitionsOf(game.players, game.budget - checks, seedFor(context, 'focus'))
  const checked = coalitions.slice(0, checks)
  yield* game.ask(checked)
  const others = yield* askScores(found, {
    segments: game.grid,
    fill: otherThan(params.fill),
    coalitions: [packBits(checked, game.players)],
  })
  const attributions: (Attribution | undefined)[] = targets.map(() => undefined)
  let asked = checked.length
  for (const look of looksAt(coalitions.length, params.tolerance)) {
    yield* game.ask(coalitions.slice(asked, look))
    asked = look
    const reach = params.tolerance === null ? 1 : sequenceFactor(look, coalitions.length, LEVEL) / DEVIATIONS
    const played = { coalitions: coalitions.slice(0, look), reach, stoppedEarly: look < coalitions.length }
    targets.forEach((_, index) => {
      const made = attributions[index] ?? attributionOf(found, game, { ...played, index, other: others[index]! })
      if (!played.stoppedEarly || isSure(made, params.tolerance)) attributions[index] = made
    })
    if (attributions.every((made) => made !== undefined)) break
  }
  return { width, height, targetsCut, attributions: attributions.filter((made) => made !== undefined) }
}

/** After how many coalitions to look: after all, or where one may stop after fewer, too. */
function looksAt(count: number, tolerance: number | null): number[] {
  const looks = [count]
  if (tolerance !== null) for (let look = FIRST_LOOK; look < count; look *= 2) looks.push(look)
  return looks.toSorted((a, b) => a - b)
}

/** Nor is there more to learn of a target that has no score to lose, or loses none whatever is hidden. */
const isSure = ({ fit }: Attribution, tolerance: number | null): boolean =>
  tolerance !== null && (fit?.widestInterval ?? 0) <= tolerance

/** What the photo is hidden by to see whether that matters. */
const otherThan = (fill: Fill): Fill => (fill.kind === 'blur' ? { kind: 'mean' } : { kind: 'blur', sigma: 0.05 })

interface Played {
  readonly index: number
  readonly coalitions: readonly Coalition[]
  /** How much further intervals reach that are looked at more than once. */
  readonly reach: number
  readonly stoppedEarly: boolean
  /** Values of the first ones under another fill. */
  readonly other: Float32Array
}

function attributionOf(found: Found, game: PhotoGame, played: Played): Attribution {
  const { index, coalitions, reach, stoppedEarly, other } = played
  const { box } = found.targets[index]!.target
  const [values, ends] = [game.values[index]!, game.ends[index]!]
  const fillAgreement = correlation(values.slice(0, other.length), other)
  // Where nothing moves the score, the prior alone would draw rounding errors.
  const isFlat = ends.empty === ends.full && values.every((value) => value === ends.full)
  const counted = (made: Attribution) => ({ ...made, forwards: made.forwards + other.length })
  if (isFlat || !(ends.full > 0)) {
    const values = new Float64Array(game.players)
    return counted(game.attribution(index, { ...NOTHING, fillAgreement, stoppedEarly, values }))
  }
  const worth = logisticGame({ coalitions, values }, ends, focusPrior(box, found, game.grid))
  const halfWidths = worth.deviations.map((deviation) => reach * REACH * deviation)
  const range = Math.abs(ends.full - ends.empty)
  const told = {
    values: worth.values,
    map: focusMap(worth.values, game.grid, { box, image: found, shape: mapShapeOf(found.width, found.height) }),
    halfWidths,
    stability: stabilityOf(worth, halfWidths),
    priorShare: priorShareOf(worth),
    fillAgreement,
    r2: worth.r2,
    efficiencyGap: worth.efficiencyGap,
    widestInterval: range > 0 ? (2 * Math.max(...halfWidths)) / range : null,
    stoppedEarly,
  }
  return counted(game.attribution(index, told))
}

/** Of a target that has no score to lose, or loses none whatever is hidden. */
const NOTHING = {
  stability: null,
  r2: null,
  efficiencyGap: null,
  widestInterval: null,
} as const

/** 90 % intervals reach so many Laplace deviations to each side: calibrated on photos, docs/quality.md. */
const REACH = 1.5

/** Of a half width at 90 %. */
const DEVIATIONS = 1.645

/**
 * The correlation to expect between this map and another run's, both less the prior: variance of what was learned ÷ it
 * and the variance of its errors. Two halves would not tell: both lean on the prior.
 */
function stabilityOf({ values, prior }: LogisticWorth, halfWidths: Float64Array): number | null {
  const learned = values.map((value, j) => value - prior[j]!)
  const mean = learned.reduce((sum, value) => sum + value, 0) / learned.length
  const signal = learned.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const error = halfWidths.reduce((sum, width) => sum + (width / DEVIATIONS) ** 2, 0)
  return signal > 0 ? signal / (signal + error) : null
}

/** How much of the prior's doubt is left in what the map shows: 1 where nothing was learned. */
function priorShareOf({ values, unresolved }: LogisticWorth): number {
  const all = values.reduce((sum, value) => sum + Math.abs(value), 0)
  return all > 0 ? values.reduce((sum, value, j) => sum + Math.abs(value) * unresolved[j]!, 0) / all : 1
}

function coalitionsOf(players: number, count: number, seed: number): Coalition[] {
  const generator = xoroshiro128plusFromState([seed, ~seed, players, 1])
  const uniform = () => (generator.next() >>> 0) / 2 ** 32
  const sizes = Array.from({ length: players - 1 }, (_, i) => (i + 1) ** 2)
  const all = sizes.reduce((sum, size) => sum + size, 0)
  return Array.from({ length: count }, () => {
    let left = uniform() * all
    let kept = 0
    while (left >= 0 && kept < sizes.length) left -= sizes[kept++]!
    return subsetOf(players, kept, uniform)
  })
}

/** @param kept how many players take part, each set of so many as likely */
function subsetOf(players: number, kept: number, uniform: () => number): Coalition {
  const order = Array.from({ length: players }, (_, j) => j)
  const coalition = new Uint8Array(players)
  for (let i = 0; i < kept; i++) {
    const at = i + Math.floor(uniform() * (players - i))
    coalition[order[at]!] = 1
    order[at] = order[i]!
  }
  return coalition
}
