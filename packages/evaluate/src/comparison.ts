import { type Evaluation, type Fill, MetricName, type Target } from '@fanlight/contracts'
import { bootstrap } from './bootstrap.ts'
import { type ComparedCell, cellsOf, LEVELS, type Targets, type Values } from './compared-cells.ts'
import type { EvaluatedMethod } from './evaluated-method.ts'
import type { ImageSize } from './map.ts'
import { type MeanCurve, meanCurves } from './mean-curves.ts'
import { type ObjectSize, objectSize, objectSizes } from './object-size.ts'
import { headlineMetrics } from './words.ts'

/** A measured map of one target. */
export interface EvaluatedTarget {
  /** SHA-256 of the photo: its targets are alike, so it is photos that are drawn again. */
  readonly photo: string
  readonly image: ImageSize
  readonly target: Target
  /** Key of an evaluated method. */
  readonly method: string
  /** That the map took. */
  readonly forwards: number
  readonly evaluation: Evaluation
}

export type SizeGroup = 'all' | ObjectSize
export const sizeGroups: readonly SizeGroup[] = ['all', ...objectSizes]

export interface ComparedMethod extends EvaluatedMethod {
  /** Targets that have one of its maps. */
  readonly targets: number
  /** That its maps took, in the mean; null without any. */
  readonly forwards: number | null
}

/** All methods under one metric, one fill, one size of objects. */
export interface ComparedMetric {
  readonly metric: MetricName
  /** Null where no fill matters. */
  readonly fill: string | null
  readonly size: SizeGroup
  /** In the order of the methods. */
  readonly cells: readonly ComparedCell[]
}

/** Methods side by side. */
export interface Comparison {
  readonly photos: number
  readonly targets: number
  readonly sizes: readonly { readonly size: SizeGroup; readonly photos: number; readonly targets: number }[]
  /** Key of the method that others are compared with; null when there is none. */
  readonly reference: string | null
  /** Of the bootstrap. */
  readonly resamples: number
  readonly seed: number
  readonly levels: readonly number[]
  readonly methods: readonly ComparedMethod[]
  /** In the order of first sight. */
  readonly fills: readonly string[]
  /** By metric in the order of `MetricName`, then fill, then size (of the headline metrics); without what was not measured. */
  readonly metrics: readonly ComparedMetric[]
  readonly curves: readonly MeanCurve[]
}

export interface ComparisonOptions {
  /** Key; @default the first method that has maps */
  readonly reference?: string | undefined
  /** @default 0 */
  readonly seed?: number
}

export const RESAMPLES = 1000

/** Whether what stands where the photo is hidden makes a difference to a metric. */
const DEPENDS_ON_FILL: readonly MetricName[] = [
  'insertion',
  'deletion',
  'insertion-minus-deletion',
  'insertion-in-box',
  'deletion-in-box',
  'insertion-minus-deletion-in-box',
  'average-drop',
  'average-increase',
  'mu-fidelity',
  'infidelity',
]

/** `mean`, `grey 114`, `constant 255 0 0`, `blur 0.05`, `inpaint 0.1` */
export function fillName(fill: Fill): string {
  if (fill.kind === 'constant') {
    const [red, green, blue] = fill.rgb
    return red === green && green === blue ? `grey ${red}` : `constant ${fill.rgb.join(' ')}`
  }
  if (fill.kind === 'blur') return `blur ${fill.sigma}`
  return fill.kind === 'inpaint' ? `inpaint ${fill.radius}` : fill.kind
}

/**
 * Takes measured targets one by one, and compares their methods in the end. The same photo under two names counts
 * once. A target is one of another method when photo, detector, box, class and objective are: see `targetId`.
 */
export function comparing(methods: readonly EvaluatedMethod[], options: ComparisonOptions = {}) {
  const targets = new Map<string, { photo: string; size: ObjectSize }>()
  const maps = new Map(methods.map(({ key }) => [key, new Map<string, number>()]))
  const values = new Map<string, Values>()
  const fills: string[] = []
  const curves = meanCurves()
  return {
    add({ photo, image, target, method, forwards, evaluation }: EvaluatedTarget): void {
      const known = maps.get(method)
      if (!known || known.has(target.id)) return
      known.set(target.id, forwards)
      targets.set(target.id, { photo, size: objectSize(target.box, image) })
      const names = evaluation.fills.map(fillName)
      for (const name of names) if (!fills.includes(name)) fills.push(name)
      for (const { metric, fill, value } of valuesOf(evaluation)) {
        const key = columnKey(metric, fill)
        const column: Values = values.get(key) ?? new Map()
        values.set(key, column.set(method, (column.get(method) ?? new Map()).set(target.id, value)))
      }
      for (const { metric, fill, values } of evaluation.curves) {
        const name = names[fill]
        if (name !== undefined) curves.add({ metric, fill: name, method }, photo, values)
      }
    },
    result(): Comparison {
      const compared = methods.map((method) => ({ ...method, ...sizeOf(maps.get(method.key)!) }))
      const reference = referenceOf(compared, options.reference)
      const { seed = 0 } = options
      const photos = new Set([...targets.values()].map(({ photo }) => photo)).size
      const draw = bootstrap({ clusters: photos, seed, resamples: RESAMPLES })
      const columns = MetricName.options
        .flatMap((metric) => [...fills, null].map((fill) => ({ metric, fill })))
        .filter(({ metric, fill }) => values.has(columnKey(metric, fill)))
      return {
        photos,
        targets: targets.size,
        sizes: sizeGroups.map((size) => ({ size, ...countOf(targets, size) })),
        reference,
        resamples: RESAMPLES,
        seed,
        levels: LEVELS,
        methods: compared,
        fills,
        metrics: columns.flatMap((column) => {
          const measured = values.get(columnKey(column.metric, column.fill))!
          const sizes = headlineMetrics.includes(column.metric) ? sizeGroups : (['all'] as const)
          return sizes.map((size) => ({
            ...column,
            size,
            cells: cellsOf(column.metric, { methods, reference, targets: ofSize(targets, size), measured, draw }),
          }))
        }),
        curves: curves.result(),
      }
    },
  }
}

/** What was measured, one a metric and fill; null where it could not be. */
export function valuesOf({ fills, metrics }: Evaluation) {
  return metrics.flatMap(({ name: metric, values }) => {
    const byFill = DEPENDS_ON_FILL.includes(metric)
    return values.slice(0, byFill ? fills.length : 1).map((value, i) => ({
      metric,
      fill: byFill ? fillName(fills[i]!) : null,
      value,
    }))
  })
}

const columnKey = (metric: MetricName, fill: string | null) => JSON.stringify([metric, fill])

function sizeOf(maps: ReadonlyMap<string, number>): Pick<ComparedMethod, 'targets' | 'forwards'> {
  const forwards = [...maps.values()]
  return {
    targets: maps.size,
    forwards: forwards.length > 0 ? forwards.reduce((sum, count) => sum + count, 0) / forwards.length : null,
  }
}

function referenceOf(methods: readonly ComparedMethod[], wanted: string | undefined): string | null {
  const named = methods.find(({ key }) => key === wanted)
  return (named ?? methods.find(({ targets }) => targets > 0) ?? methods[0])?.key ?? null
}

const ofSize = (targets: Targets, size: SizeGroup): Targets =>
  size === 'all' ? targets : new Map([...targets].filter(([, target]) => target.size === size))

function countOf(targets: Targets, size: SizeGroup) {
  const group = [...ofSize(targets, size).values()]
  return { photos: new Set(group.map(({ photo }) => photo)).size, targets: group.length }
}
