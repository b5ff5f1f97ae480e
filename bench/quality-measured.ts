import { correlation } from '@fanlight/evaluate'
import type { Sessions } from './explain-photo.ts'
import { referencesAround } from './quality-around.ts'
import { PLAYERS, SIDE, type Studied } from './quality-photos.ts'
import { type Reference, references, relativeError } from './quality-reference.ts'
import { type Order, type Outcome, runsOf } from './quality-runs.ts'

export const BUDGETS = [60, 100, 150, 300]
/** Where a run's cost is one number, it is this one. */
export const MIDDLE = 150
const [SEED, OTHER_SEED] = [1, 2]
const SAMPLING = ['focus', 'kernel-shap', 'drise'] as const
const order = (name: (typeof SAMPLING)[number], forwards: number): Order => ({ name, forwards, seed: SEED })
const GAUSSIAN: Order = { name: 'box-gaussian', forwards: 0, seed: SEED }
/** A target that an empty photo shows still is no game to be won. */
const MAX_EMPTY = 0.2
/** Normal quantile of a two-sided 90 % interval. */
const DEVIATIONS_90 = 1.645

/** Something measured of one target by one estimator. */
export interface Measured {
  readonly estimator: string
  readonly forwards: number
  readonly error: number
}

interface Agreement {
  readonly estimator: string
  readonly raw: number | null
  /** The prior, or the box Gaussian, subtracted. */
  readonly learned: number | null
}

/** One target of the photo's cells. */
export interface Judged {
  readonly longerSideCells: number
  /** The reference's own noise ÷ ‖φ‖². */
  readonly noise: number
  readonly errors: readonly Measured[]
  readonly agreements: readonly Agreement[]
  /** Cells of 64 whose reference lies in focus' interval: widened by the reference's noise, and as it is. */
  readonly covered: { readonly widened: number; readonly plain: number }
}

/** @returns undefined for a target that is left out */
export async function judged(sessions: Sessions, photo: Studied): Promise<(Judged | undefined)[]> {
  const of = await references(photo)
  const gaussian = await runsOf(sessions, photo, [GAUSSIAN])
  const runs = await runsOf(
    sessions,
    photo,
    SAMPLING.flatMap((name) => BUDGETS.map((forwards) => order(name, forwards))),
  )
  const again = await runsOf(
    sessions,
    photo,
    SAMPLING.map((name) => ({ ...order(name, MIDDLE), seed: OTHER_SEED })),
  )
  const pairs = again.map((other) => ({
    other,
    one: runs.find((run) => run.name === other.name && run.forwards === MIDDLE)!,
  }))
  return of.map((reference, t): Judged | undefined => {
    if (reference.empty > MAX_EMPTY * reference.full) return undefined
    const bell = gaussian[0]!.of[t]!.cells
    return {
      longerSideCells: longerSide(photo, t),
      noise: reference.noise / (reference.values.reduce((sum, value) => sum + value ** 2, 0) - reference.noise),
      errors: [...runs, ...gaussian].flatMap((run) => errorsOf(run, run.of[t]!, reference)),
      agreements: pairs.map(({ one, other }) => agreementOf(one.name, [one.of[t]!, other.of[t]!], bell)),
      covered: coveredBy(pairs.find(({ one }) => one.name === 'focus')!.one.of[t]!, reference),
    }
  })
}

/** Of small targets, by the cells around them. */
export async function judgedAround(sessions: Sessions, photo: Studied): Promise<(Measured[] | undefined)[]> {
  const around = await referencesAround(sessions, photo)
  if (around.length === 0) return []
  const runs = await runsOf(sessions, photo, [...SAMPLING.map((name) => order(name, MIDDLE)), GAUSSIAN])
  return around.map(({ detection, reference }) => {
    if (reference.empty > MAX_EMPTY * reference.full) return undefined
    return runs.map(({ name, forwards, of }) => {
      return { estimator: name, forwards, error: relativeError(of[detection]!.around!, reference) }
    })
  })
}

/** Of a map; and of the values it was drawn from, where it was drawn smoothly. */
function errorsOf({ name, forwards }: Order, { cells, own }: Outcome, reference: Reference): Measured[] {
  const map = { estimator: own ? `${name}, its map` : name, forwards, error: relativeError(cells, reference) }
  return own ? [{ estimator: name, forwards, error: relativeError(own.values, reference) }, map] : [map]
}

function agreementOf(estimator: string, both: readonly [Outcome, Outcome], bell: readonly number[]): Agreement {
  const [a, b] = both.map((outcome) => learnedOf(outcome, bell)) as [Learned, Learned]
  return { estimator, raw: correlation(a.raw, b.raw), learned: correlation(a.learned, b.learned) }
}

interface Learned {
  readonly raw: readonly number[]
  readonly learned: readonly number[]
}

/** A method without a prior may have found no more than where the box is: the box Gaussian is its prior. */
function learnedOf({ own, cells }: Outcome, bell: readonly number[]): Learned {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const raw = own ? own.values : cells.map((cell) => cell / sum(cells))
  const prior = own ? own.prior : bell.map((cell) => cell / sum(bell))
  return { raw, learned: raw.map((value, j) => value - prior[j]!) }
}

/** The reference errs as well: by √(noise ÷ 64) a cell, which is laid on the interval in quadrature. */
function coveredBy({ own }: Outcome, { values, noise }: Reference): Judged['covered'] {
  const count = (allowed: number) =>
    values.filter((value, j) => Math.abs(own!.values[j]! - value) <= Math.hypot(own!.halfWidths[j]!, allowed)).length
  return { widened: count(DEVIATIONS_90 * Math.sqrt(Math.max(0, noise) / PLAYERS)), plain: count(0) }
}

function longerSide({ recording: { detections, width, height } }: Studied, t: number): number {
  const [x1, y1, x2, y2] = detections[t]!.box
  return SIDE * Math.max((x2 - x1) / width, (y2 - y1) / height)
}
