import { leverageSample, kernelShap as solverOf } from '@fanlight/game'
import { z } from 'zod'
import type { Explainer } from '../explainer.ts'
import { SampledParams, sampledGame } from '../sampled-game.ts'
import { FittedSegmentation, SOFT_CELLS } from '../segmentation.ts'

const Params = SampledParams.extend({
  segmentation: FittedSegmentation.default(SOFT_CELLS),
  /**
   * Pull towards an equal share, in pairs of coalitions a piece; fades as the coalitions become many. `auto`: as far as
   * each target's answers make it likely. Of a sigmoid over a Gaussian blob on 8 × 8 cells that leaves a sixth less
   * squared error than ½ does, at 150 forwards and at 1,000; and of an additive game none, where any fixed one errs.
   */
  ridge: z
    .union([z.literal('auto'), z.number().min(0).max(10)], { error: 'Expected auto, or a number of 0 to 10' })
    .default('auto'),
})
type Params = z.infer<typeof Params>

const PAIR = 2

/**
 * KernelSHAP (Lundberg and Lee, NIPS 2017) over paired leverage samples (Musco and Witter 2024): the Shapley value of
 * each piece of the photo, by a regression of the target's value on which pieces are kept. Cells of the map sum to
 * v(full) − v(empty). All targets share the coalitions. Where there are few pieces, every coalition is asked and the
 * values are exact.
 *
 * With a tolerance, coalitions are asked for in rounds; each target's values are those of the first round after which
 * its intervals, which then hold at all rounds at once, are narrow enough.
 */
export const kernelShap: Explainer<Params> = sampledGame({
  name: 'kernel-shap',
  version: 2,
  summary: 'KernelSHAP: Shapley values of pieces of the photo, by regression, with intervals',
  params: Params,
  size: sizeOf,
  sample(players, budget, seed, { ridge }) {
    const coalitions = leverageSample(players, budget, seed)
    return {
      coalitions,
      unit: PAIR,
      solve: (units) => {
        const asked = units.flatMap((pair) => coalitions.slice(PAIR * pair, PAIR * (pair + 1)))
        return solverOf(players, asked, { ridge })
      },
      freedom: (pairs) => pairs - players + 1,
      complete: coalitions.length === 2 ** players - 2,
    }
  },
})

function sizeOf(players: number, budget: number): number {
  return Math.min(PAIR * Math.floor(budget / PAIR), 2 ** players - 2)
}
