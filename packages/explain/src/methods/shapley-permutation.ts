import { antitheticWalks, permutationShapley, walkCoalitions } from '@fanlight/game'
import type { Explainer } from '../explainer.ts'
import { SampledParams, sampledGame } from '../sampled-game.ts'

/** With fewer pairs of orders there is nothing to tell errors by. */
const MIN_PAIRS = 2

/**
 * Shapley values by permutation (Castro, Gómez and Tejada 2009), each order with its reverse: what a piece adds when it
 * comes to those before it, on average over orders. It fits nothing and is without bias: a reference for the others,
 * which are surer after as many forwards. All targets share the orders.
 *
 * With n pieces a pair of orders takes 2 (n − 1) coalitions; at least two pairs are asked for, whatever the budget.
 */
export const shapleyPermutation: Explainer<SampledParams> = sampledGame({
  name: 'shapley-permutation',
  version: 1,
  summary: 'Shapley values by random orders: slow, without bias, a reference',
  params: SampledParams,
  size: (players, budget) => (players === 1 ? 0 : unitOf(players) * pairsOf(players, budget)),
  sample(players, budget, seed) {
    const walks = antitheticWalks(players, pairsOf(players, budget), seed)
    return {
      coalitions: walkCoalitions(players, walks),
      unit: unitOf(players),
      solve: (units) => {
        // A lone player gets all without being asked for.
        const asked = players === 1 ? walks : units.flatMap((pair) => walks.slice(2 * pair, 2 * (pair + 1)))
        return (values, ends) => ({
          ...permutationShapley(players, asked, values, ends),
          r2: null,
          efficiencyGap: ends.full === ends.empty ? null : 0,
        })
      },
      freedom: (pairs) => pairs - 1,
      complete: false,
    }
  },
})

/** Coalitions of a pair of orders. */
const unitOf = (players: number) => Math.max(1, 2 * (players - 1))

const pairsOf = (players: number, budget: number) => Math.max(MIN_PAIRS, Math.floor(budget / unitOf(players)))
