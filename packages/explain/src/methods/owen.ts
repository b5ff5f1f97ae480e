import { ScoreObjective } from '@fanlight/contracts'
import { owenValues } from '@fanlight/game'
import type { Answer, AskedQuestion, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { hierarchyOf } from '../hierarchy.ts'
import { HidingParams, openGame, otherForwards, withForwards } from '../photo-game.ts'
import { findTargets } from '../targets.ts'

/**
 * Owen values over a hierarchy of neighbours (Owen 1977), as the partition explainer of Python's shap has them: the
 * photo is halved again and again across its longer side, and evidence goes down to where it is. Cells of the map sum
 * to v(full) − v(empty). All targets share the coalitions: halved next is what holds most evidence, summed over the
 * targets, so that a map depends on what else there is to explain. Nothing is random.
 */
export const owen: Explainer<HidingParams> = {
  name: 'owen',
  version: 1,
  summary: 'Owen values: evidence halved down a hierarchy of pieces, where it is strongest first',
  params: HidingParams,
  objectives: ScoreObjective.options,
  withForwards: withForwards('owen'),
  cost: (params) => 2 * Math.floor(params.coalitions / 2) + otherForwards(params),
  explain,
}

function* explain(context: ExplainContext, params: HidingParams): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targets, targetsCut } = found
  if (targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const game = yield* openGame(found, params)
  yield* game.ask([])
  const run = owenValues(game.players, hierarchyOf(game.grid, width, height), game.budget, game.ends)
  let step = run.next([])
  while (!step.done) {
    const before = game.values[0]!.length
    yield* game.ask(step.value)
    step = run.next(game.values.map((values) => values.slice(before)))
  }
  const attributions = step.value.map((values, i) =>
    game.attribution(i, {
      values,
      stability: null,
      r2: null,
      efficiencyGap: game.ends[i]!.full === game.ends[i]!.empty ? null : 0,
      widestInterval: null,
      stoppedEarly: false,
    }),
  )
  return { width, height, targetsCut, attributions }
}
