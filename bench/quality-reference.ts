import { join } from 'node:path'
import type { Box } from '@fanlight/contracts'
import { type CellMap, evenBounds, resampled } from '@fanlight/evaluate'
import { focusPrior } from '@fanlight/explain'
import { type Coalition, kernelShap, type LogisticPrior, type LogisticWorth, logisticGame } from '@fanlight/game'
import { unpackRow } from '@fanlight/segments'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { z } from 'zod'
import { kept } from './quality-cache.ts'
import { PAIRED, PLAYERS, SIDE, type Studied } from './quality-photos.ts'

/** Part of the names of what is kept: changes whenever references would. */
const VERSION = 1
/** Nobody and everybody come first. */
const ENDS = 2
/** Draws over which the Shapley values of a fitted game are taken: ten times those of `focus`, and others. */
const DRAWS = 4000

/** Shapley values of the cells of one target. */
export const Reference = z.object({
  values: z.array(z.number()).length(PLAYERS),
  /** Σ of the squared errors that the values still have, by their two halves. */
  noise: z.number(),
  empty: z.number(),
  full: z.number(),
})
export type Reference = z.infer<typeof Reference>

/** Answers about one target. */
interface Recorded {
  /** Nobody, everybody, `paired` rows in pairs of complements, and others. */
  readonly bits: string
  readonly paired: number
  readonly values: readonly number[]
  readonly prior: LogisticPrior
}

/** Of the photo's 8 × 8 cells, one a detection. */
export function references({ recording, folder }: Studied): Promise<Reference[]> {
  const { detections, bits, y } = recording
  return kept(join(folder, `reference-a-v${VERSION}.json`), z.array(Reference), async () =>
    detections.map(({ box }, t) =>
      crossFitted({ bits, paired: PAIRED, values: y[t]!, prior: widePrior(box, recording) }),
    ),
  )
}

/** A prior that gives way to a thousand answers. @param image what the 8 × 8 cells cover */
export function widePrior(box: Box, image: { width: number; height: number }): LogisticPrior {
  const prior = focusPrior(box, image, { rows: SIDE, cols: SIDE })
  const covariance = prior.covariance.clone().mul(4)
  for (let j = 0; j < PLAYERS; j++) covariance.set(j, j, covariance.get(j, j) + 0.25)
  const intercept = { ...prior.intercept, deviation: 4 }
  return { ...prior, covariance, intercept, noise: (h) => 0.04 ** 2 + 0.1 ** 2 * h * (1 - h) }
}

/**
 * Cross-fitted, regression-adjusted KernelSHAP: of each half of the pairs, what a game fitted to all other rows leaves
 * unexplained, by KernelSHAP, and that game's own Shapley values. Whatever the fitted game gets wrong, KernelSHAP
 * measures on rows that it was not fitted to, so that the prior makes the reference no more like itself.
 */
export function crossFitted({ bits, paired, values, prior }: Recorded): Reference {
  const set = { kind: 'bits', count: values.length, bits } as const
  const rows = values.map((_, i) => unpackRow(set, i, PLAYERS))
  const ends = { empty: values[0]!, full: values[1]! }
  const cut = ENDS + 2 * Math.round(paired / 4)
  const [a, b] = [
    [ENDS, cut],
    [cut, ENDS + paired],
  ].map(([from, to], half) => {
    const others = Array.from(rows.keys()).filter((i) => i >= ENDS && !(i >= from! && i < to!))
    const plays = { coalitions: others.map((i) => rows[i]!), values: others.map((i) => values[i]!) }
    const { predict } = logisticGame(plays, ends, prior)
    const mine = rows.slice(from, to)
    const left = values.slice(from, to).map((value, i) => value - predict(mine[i]!))
    const [none, all] = [predict(new Uint8Array(PLAYERS)), predict(new Uint8Array(PLAYERS).fill(1))]
    const rest = kernelShap(PLAYERS, mine)(left, { empty: ends.empty - none, full: ends.full - all })
    return shapleyOf(predict, half).map((value, j) => value + rest.values[j]!)
  }) as [number[], number[]]
  return { values: a.map((value, j) => (value + b[j]!) / 2), noise: squared(a, b) / 4, ...ends }
}

/** Owen's multilinear extension over fixed draws, what is missing to efficiency laid on each value as it is large. */
function shapleyOf(predict: LogisticWorth['predict'], seed: number): number[] {
  const generator = xoroshiro128plus(seed)
  const sums = new Float64Array(PLAYERS)
  for (let r = 0; r < DRAWS; r++) {
    const q = (r + 0.5) / DRAWS
    const drawn = Uint8Array.from({ length: PLAYERS }, () => (uniformFloat64(generator) < q ? 1 : 0))
    const worth = predict(drawn)
    for (let j = 0; j < PLAYERS; j++) {
      const taking = drawn[j]!
      drawn[j] = 1 - taking
      sums[j]! += taking ? worth - predict(drawn) : predict(drawn) - worth
      drawn[j] = taking
    }
  }
  const values = Array.from(sums, (sum) => sum / DRAWS)
  const everybody: Coalition = new Uint8Array(PLAYERS).fill(1)
  const missing = predict(everybody) - predict(new Uint8Array(PLAYERS)) - values.reduce((sum, value) => sum + value, 0)
  const size = values.reduce((sum, value) => sum + Math.abs(value), 0)
  return values.map((value) => value + (missing * Math.abs(value)) / size)
}

/** A part of the photo in 8 × 8 cells: their bounds, in shares of its sides. */
export const Cells = z.object({ x: z.array(z.number()).readonly(), y: z.array(z.number()).readonly() })
export type CellBounds = z.infer<typeof Cells>

const WHOLE: CellBounds = { x: evenBounds(0, 1, SIDE), y: evenBounds(0, 1, SIDE) }

/** Sums of a map over cells, row-major. */
export function cellSums(map: CellMap, { x, y }: CellBounds = WHOLE): number[] {
  const area = ((x.at(-1)! - x[0]!) * (y.at(-1)! - y[0]!) * map.width * map.height) / PLAYERS
  return Array.from(resampled(map, x, y), (mean) => mean * area)
}

/**
 * ‖φ̂ − φ‖² ÷ ‖φ‖², the reference's own noise subtracted from both, φ̂ rescaled to v(full) − v(empty). As the noise is
 * an estimate, the error of a map that is as good as the reference may come out below 0.
 */
export function relativeError(cells: readonly number[], { values, noise, empty, full }: Reference): number {
  const total = cells.reduce((sum, cell) => sum + cell, 0)
  const claimed = cells.map((cell) => (cell * (full - empty)) / total)
  return (squared(claimed, values) - noise) / (squared(values, new Float64Array(PLAYERS)) - noise)
}

function squared(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}
