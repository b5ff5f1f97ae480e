import { ScoreObjective } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { type Coalition, type Ends, roundsOf, sequenceFactor, studentFactor, type Worth } from '@fanlight/game'
import { z } from 'zod'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from './explainer.ts'
import { HidingParams, LEVEL, openGame, otherForwards, type PhotoGame, withForwards } from './photo-game.ts'
import { seedFor } from './seed.ts'
import { mostSegments } from './segmentation.ts'
import { findTargets } from './targets.ts'

export const SampledParams = HidingParams.extend({
  /** Of |v(full) − v(empty)|: enough is known when no interval of a piece is wider, and `coalitions` are the most; null: ask them all. */
  tolerance: z.number().positive().max(1).nullable().default(null),
})
export type SampledParams = z.infer<typeof SampledParams>

/** Coalitions of one draw, in units of some that belong together. */
export interface Sample {
  readonly coalitions: readonly Coalition[]
  /** Coalitions of one unit. */
  readonly unit: number
  /** What makes a game's values of its values over the coalitions of some units. */
  readonly solve: (units: readonly number[]) => (values: ArrayLike<number>, ends: Ends) => Solved
  /** Independent observations in so many units, beyond what is fitted to them. */
  readonly freedom: (units: number) => number
  /** There are no other coalitions: nothing is left to chance. */
  readonly complete: boolean
}

interface Solved extends Worth {
  readonly r2: number | null
  readonly efficiencyGap: number | null
}

interface SampledGame<Params> extends Pick<Explainer<Params>, 'name' | 'version' | 'summary' | 'params'> {
  /** How many coalitions a sample has. */
  readonly size: (players: number, budget: number) => number
  /** @param budget coalitions at most */
  readonly sample: (players: number, budget: number, seed: number, params: Params) => Sample
}

/** A method that draws coalitions, the same for all targets, and makes values of theirs. */
export function sampledGame<Params extends SampledParams>(game: SampledGame<Params>): Explainer<Params> {
  const { name, version, summary, params } = game
  return {
    name,
    version,
    summary,
    params,
    objectives: ScoreObjective.options,
    withForwards: withForwards(name),
    cost: (given) => game.size(mostSegments(given.segmentation), given.coalitions) + otherForwards(given),
    explain: (context, given) => explain(game, context, given),
  }
}

function* explain<Params extends SampledParams>(
  { name, sample }: SampledGame<Params>,
  context: ExplainContext,
  params: Params,
): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targets, targetsCut } = found
  if (targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const game = yield* openGame(found, params)
  const drawn = sample(game.players, game.budget, seedFor(context, name), params)
  const attributions: (Attribution | undefined)[] = targets.map(() => undefined)
  let asked = 0
  for (const units of looksAt(drawn, params.tolerance)) {
    yield* game.ask(drawn.coalitions.slice(asked, units * drawn.unit))
    asked = units * drawn.unit
    const solved = solutionsOf(drawn, units, params.tolerance)
    targets.forEach((_, i) => {
      attributions[i] ??= solved(game, i)
    })
    if (attributions.every((made) => made !== undefined)) break
  }
  return { width, height, targetsCut, attributions: attributions.filter((made) => made !== undefined) }
}

/** After how many units to look: after all, or where one may stop after as many as make a round, too. */
function looksAt({ coalitions, unit }: Sample, tolerance: number | null): number[] {
  if (tolerance === null || coalitions.length === 0) return [coalitions.length / unit]
  let asked = 0
  const looks = roundsOf(coalitions.length).map((size) => {
    asked += size
    return Math.ceil(asked / unit)
  })
  return [...new Set(looks)]
}

/** @returns what makes a target's attribution of the first units; undefined while more may make it surer than it is */
function solutionsOf(drawn: Sample, units: number, tolerance: number | null) {
  const { coalitions, unit, complete, solve } = drawn
  const all = Array.from({ length: units }, (_, i) => i)
  const whole = solve(all)
  const halves = [0, 1].map((odd) => all.filter((i) => i % 2 === odd)).map((half) => ({ half, solveHalf: solve(half) }))
  const most = coalitions.length / unit
  const factor = factorOf(drawn, units, tolerance)

  return (game: PhotoGame, index: number): Attribution | undefined => {
    const [seen, ends] = [game.values[index]!, game.ends[index]!]
    const { values, errors, r2, efficiencyGap } = whole(seen, ends)
    const halfWidths = errors.map((error) => factor * error)
    const range = Math.abs(ends.full - ends.empty)
    const widestInterval = range > 0 ? (2 * Math.max(...halfWidths)) / range : null
    const stoppedEarly = units < most
    if (stoppedEarly && (widestInterval === null || widestInterval > tolerance!)) return undefined
    const [even, odd] = halves.map(({ half, solveHalf }) => {
      const values = half.flatMap((i) => seen.slice(i * unit, (i + 1) * unit))
      return solveHalf(values, ends).values
    })
    const stability = complete || units < 2 ? null : correlation(even!, odd!)
    return game.attribution(index, { values, halfWidths, stability, r2, efficiencyGap, widestInterval, stoppedEarly })
  }
}

/** How many standard errors an interval reaches to each side: further where one looks at it more than once. */
function factorOf({ coalitions, unit, freedom }: Sample, units: number, tolerance: number | null): number {
  const once = studentFactor(Math.max(1, freedom(units)))
  if (tolerance === null) return once
  return (once / studentFactor(Number.POSITIVE_INFINITY)) * sequenceFactor(units, coalitions.length / unit, LEVEL)
}
