import { ScoreObjective } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { pixelCentres, spread, tapsAt } from '@fanlight/segments'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import { z } from 'zod'
import type { Answer, AskedQuestion, Attribution, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { type MapShape, mapShapeOf } from '../map-shape.ts'
import { stateFor } from '../seed.ts'
import { findTargets } from '../targets.ts'

const Params = z.strictObject({
  /** Cells a side of the noise, enlarged like D-RISE's masks, so that only the evidence is missing. */
  grid: z.int().min(1).max(64).default(16),
})
type Params = z.infer<typeof Params>

/** The baseline that knows nothing: uniform noise in −1..1, the mean of two draws whose correlation is its stability. */
export const random: Explainer<Params> = {
  name: 'random',
  version: 1,
  summary: 'baseline: noise, without any masks',
  params: Params,
  objectives: ScoreObjective.options,
  cost: () => 1,
  explain,
}

function* explain(context: ExplainContext, { grid }: Params): Generator<AskedQuestion, Explained, Answer> {
  const { width, height, targets, targetsCut } = yield* findTargets(context)
  const shape = mapShapeOf(width, height)
  const attributions = targets.map(({ target, fullValue }): Attribution => {
    const generator = xoroshiro128plusFromState(stateFor(context, target.id))
    const draw = () => noise(shape, grid, () => 2 * uniformFloat64(generator) - 1)
    const [one, other] = [draw(), draw()]
    const map = { ...shape, data: one.map((value, i) => (value + other[i]!) / 2) }
    const stability = correlation(one, other)
    return { target, map, forwards: 0, fullValue, emptyValue: null, stability, priorShare: 0 }
  })
  return { width, height, targetsCut, attributions }
}

function noise({ width, height }: MapShape, grid: number, next: () => number): Float32Array {
  const cells = Float64Array.from({ length: grid * grid }, next)
  const taps = (side: number) => tapsAt(pixelCentres(side), grid, undefined, 'bilinear')
  return spread(cells, grid, taps(width), taps(height))
}
