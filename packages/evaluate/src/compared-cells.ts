import type { MetricName } from '@fanlight/contracts'
import type { Bootstrap, Interval } from './bootstrap.ts'
import type { EvaluatedMethod } from './evaluated-method.ts'
import type { ObjectSize } from './object-size.ts'
import { metricsInWords } from './words.ts'

/** By how much a method is above the reference, over the targets where both have a value. */
export interface Difference {
  readonly mean: number
  readonly targets: number
  readonly photos: number
  /** One a level; null for fewer than two photos. */
  readonly intervals: readonly Interval[] | null
}

export interface ComparedCell {
  /** Targets that have a value. */
  readonly targets: number
  /** Null where there is none. */
  readonly mean: number | null
  /** No other method's mean is better; never where neither direction is. */
  readonly best: boolean
  /** Null for the reference itself, and where they share no target. */
  readonly difference: Difference | null
}

export const LEVELS: readonly number[] = [0.9, 0.95]

/** Measured values of one metric and fill: by method, then target. */
export type Values = Map<string, Map<string, number | null>>

/** What is known of each target, by its id. */
export type Targets = ReadonlyMap<string, { readonly photo: string; readonly size: ObjectSize }>

/** One metric under one fill, over the targets of one size. */
export interface Column {
  readonly methods: readonly EvaluatedMethod[]
  readonly reference: string | null
  readonly targets: Targets
  readonly measured: Values
  readonly draw: Bootstrap
}

/** How each method does under a metric, and against the reference. */
export function cellsOf(metric: MetricName, { methods, reference, targets, measured, draw }: Column): ComparedCell[] {
  const valuesBy = (key: string | null) =>
    new Map(
      [...(measured.get(key ?? '') ?? [])].flatMap(([id, value]): [string, number][] =>
        value !== null && targets.has(id) ? [[id, value]] : [],
      ),
    )
  const against = valuesBy(reference)
  const cells = methods.map(({ key }) => {
    const values = valuesBy(key)
    return {
      targets: values.size,
      mean: values.size > 0 ? meanOf([...values.values()]) : null,
      difference: key === reference ? null : differenceOf(values, against, targets, draw),
    }
  })
  const merits = cells.map(({ mean }) => meritOf(metric, mean))
  const most = Math.max(...merits)
  const several = cells.filter(({ mean }) => mean !== null).length > 1
  return cells.map((cell, i) => ({ ...cell, best: several && most > -Infinity && merits[i] === most }))
}

/** The more the better; −∞ where no mean is better than another. */
function meritOf(metric: MetricName, mean: number | null): number {
  const { better } = metricsInWords[metric]
  if (mean === null || better === null) return -Infinity
  if (better === 'near zero') return -Math.abs(mean)
  return better === 'higher' ? mean : -mean
}

function differenceOf(
  values: ReadonlyMap<string, number>,
  against: ReadonlyMap<string, number>,
  targets: Targets,
  draw: Bootstrap,
): Difference | null {
  const pairs = [...values]
    .filter(([id]) => against.has(id))
    .map(([id, value]) => ({ photo: targets.get(id)!.photo, difference: value - against.get(id)! }))
  if (pairs.length === 0) return null
  const photos = [...Map.groupBy(pairs, ({ photo }) => photo).values()].map((group) =>
    group.map(({ difference }) => difference),
  )
  return {
    mean: meanOf(photos.flat()),
    targets: pairs.length,
    photos: photos.length,
    intervals: draw(photos, 'mean', LEVELS),
  }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
