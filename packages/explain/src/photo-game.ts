import { Fill, type FitFacts, type Grid, type ScoreQuestion, type SegmentQuestion } from '@fanlight/contracts'
import type { Coalition, Ends } from '@fanlight/game'
import { InputError } from '@fanlight/ports'
import { emptyCoalition, fullCoalition, packBits, segmentCount } from '@fanlight/segments'
import { z } from 'zod'
import { unmovedShare } from './doubts.ts'
import type { Answer, Attribution } from './explainer.ts'
import { mapShapeOf } from './map-shape.ts'
import { askScores } from './scores.ts'
import { segmentMap } from './segment-map.ts'
import { Segmentation, SOFT_CELLS, segmentsFor } from './segmentation.ts'
import type { Found } from './targets.ts'

/** With fewer there is nothing to tell one piece from another by. */
const MIN_COALITIONS = 10
/** Of all intervals. */
export const LEVEL = 0.9
/** The clean and the empty run. */
const END_FORWARDS = 2

/** What methods share whose players are pieces of the photo. */
export const HidingParams = z.strictObject({
  segmentation: Segmentation.default(SOFT_CELLS),
  /** What stands where pieces are removed: rankings change with it. */
  fill: Fill.default({ kind: 'mean' }),
  /** Coalitions of pieces at most, beside the clean and the empty run. */
  coalitions: z.int().min(MIN_COALITIONS).max(20_000).default(998),
})
export type HidingParams = z.infer<typeof HidingParams>

/** For `Explainer.withForwards`. */
export const withForwards =
  (name: string, leastCoalitions = MIN_COALITIONS) =>
  <Params extends HidingParams>(params: Params, forwards: number): Params => {
    const coalitions = forwards - otherForwards(params)
    if (Number.isInteger(coalitions) && coalitions >= leastCoalitions) return { ...params, coalitions }
    const least = `at least ${leastCoalitions + otherForwards(params)}, the clean and the empty run included`
    throw new InputError('USAGE', `${name} cannot work with ${forwards} forwards: give it a whole number, ${least}`)
  }

/** Beside coalitions: the clean run, the empty one, and whoever finds superpixels looks at the photo once more. */
export const otherForwards = ({ segmentation }: Pick<HidingParams, 'segmentation'>): number =>
  END_FORWARDS + (segmentation.kind === 'slic' ? 1 : 0)

/**
 * Cuts the photo into pieces.
 * @throws InputError `MESSAGE_INVALID` when an answer is not what was asked
 */
export function* openGame(found: Found, params: HidingParams): Generator<SegmentQuestion, PhotoGame, Answer> {
  const grid = yield* segmentsFor(found, params.segmentation)
  return new PhotoGame(found, grid, params)
}

/** Values of one target's pieces, and how far they are to be believed. */
interface Outcome extends Omit<FitFacts, 'segments' | 'fillAgreement'> {
  readonly values: Float64Array
  /** Cells of the map. @default each value spread evenly over its piece */
  readonly map?: Float32Array
  /** @default 0 */
  readonly priorShare?: number
  /** @default not asked */
  readonly fillAgreement?: number | null
  /** Half the width of each piece's interval at `LEVEL`; absent for methods without intervals. */
  readonly halfWidths?: Float64Array
  readonly stability: number | null
}

/** The games of all targets over one photo: its pieces are the players, and a coalition is the photo with the others hidden. */
export class PhotoGame {
  readonly grid: Grid
  readonly players: number
  /** Coalitions that may be asked for. */
  readonly budget: number
  /** Of each target, over all coalitions so far. */
  readonly values: readonly number[][]
  #ends: readonly Ends[] = []
  readonly #found: Found
  readonly #fill: Fill
  readonly #other: number
  /** v(full) is not known of boxes that a person gave. */
  readonly #asksFull: boolean

  constructor(found: Found, grid: Grid, params: HidingParams) {
    this.grid = grid
    this.players = segmentCount(grid)
    this.values = found.targets.map(() => [])
    this.#found = found
    this.#fill = params.fill
    this.#asksFull = found.targets.some(({ fullValue }) => fullValue === null)
    this.budget = params.coalitions - (this.#asksFull ? 1 : 0)
    this.#other = otherForwards(params) + (this.#asksFull ? 1 : 0)
  }

  /** Forwards so far, detection included. */
  get forwards(): number {
    return this.#other + this.values[0]!.length
  }

  /** Of each target, once something was asked. */
  get ends(): readonly Ends[] {
    return this.#ends
  }

  /** Asks what coalitions are worth to all targets; and first of all what nobody is, and everybody. */
  *ask(coalitions: readonly Coalition[]): Generator<ScoreQuestion, void, Answer> {
    const { grid } = this
    const ends = this.#ends.length > 0 ? [] : [emptyCoalition(grid), ...(this.#asksFull ? [fullCoalition(grid)] : [])]
    const sets = [...ends, ...(coalitions.length > 0 ? [packBits(coalitions, this.players)] : [])]
    if (sets.length === 0) return
    const runs = yield* askScores(this.#found, { segments: grid, fill: this.#fill, coalitions: sets })
    if (ends.length > 0) {
      const { targets } = this.#found
      this.#ends = targets.map(({ fullValue }, i) => ({ empty: runs[i]![0]!, full: fullValue ?? runs[i]![1]! }))
    }
    runs.forEach((run, i) => {
      this.values[i]!.push(...run.subarray(ends.length))
    })
  }

  /** What a target's values come to, of all that was asked so far. */
  attribution(index: number, outcome: Outcome): Attribution {
    const { values, map, halfWidths, stability, priorShare = 0, fillAgreement = null, ...fit } = outcome
    const { target } = this.#found.targets[index]!
    const { empty, full } = this.ends[index]!
    const shape = mapShapeOf(this.#found.width, this.#found.height)
    const mapOf = (worth: Float64Array) => segmentMap(worth, this.grid, shape)
    return {
      target,
      map: { ...shape, data: map ?? mapOf(values) },
      forwards: this.forwards,
      fullValue: full,
      emptyValue: empty,
      stability,
      priorShare,
      ...(halfWidths && { interval: { halfWidths: mapOf(halfWidths), level: LEVEL } }),
      unmoved: unmovedShare(this.values[index]!, full),
      fit: { segments: this.players, fillAgreement, ...fit },
    }
  }
}
