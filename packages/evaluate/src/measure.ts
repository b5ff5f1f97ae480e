import type { Curve, Evaluation, Fill, MetricName } from '@fanlight/contracts'
import type { Asking } from './asking.ts'
import { averageDrop, averageIncrease, LEVEL_PREFIXES } from './average-drop.ts'
import { REMOVAL_FORWARDS, type Removals, randomRemovals } from './fidelity.ts'
import { inBoxEnergy } from './in-box-energy.ts'
import { infidelity } from './infidelity.ts'
import {
  areaUnder,
  type Curves,
  insertionDeletion,
  insertionDeletionInBox,
  type Subject,
} from './insertion-deletion.ts'
import { muFidelity } from './mu-fidelity.ts'
import { otherObjects } from './other-objects.ts'
import { pointsIntoBox } from './pointing-game.ts'
import { sparsity } from './sparsity.ts'

/** Which of the measures, in which way. */
export interface Measuring {
  readonly fills: readonly Fill[]
  /** Bins of a curve. */
  readonly steps: number
  readonly metrics: readonly MetricName[]
}

/** What was found of one map: values one a fill, or one where the fill does not matter. */
export interface Findings {
  readonly values: ReadonlyMap<MetricName, readonly (number | null)[]>
  readonly curves: readonly Curve[]
}

const GLOBAL: readonly MetricName[] = [
  'insertion',
  'deletion',
  'insertion-minus-deletion',
  'average-drop',
  'average-increase',
]
const IN_BOX: readonly MetricName[] = ['insertion-in-box', 'deletion-in-box', 'insertion-minus-deletion-in-box']
const FIDELITY: readonly MetricName[] = ['mu-fidelity', 'infidelity']

/** Measures that need the map and the detector only; the others need the method that made the map. */
export const mapMetrics: readonly MetricName[] = [
  ...GLOBAL,
  ...IN_BOX,
  'pointing-game',
  'energy-in-box',
  'other-objects',
  'sparsity',
  ...FIDELITY,
]

const asksAny = (metrics: readonly MetricName[], group: readonly MetricName[]) =>
  group.some((name) => metrics.includes(name))

/** Forwards that `measure` asks for one target, at most. */
export function measureCost({ fills, steps, metrics }: Measuring): number {
  const global = asksAny(metrics, GLOBAL) ? 2 * steps + LEVEL_PREFIXES : 0
  const inBox = asksAny(metrics, IN_BOX) ? 2 * steps : 0
  const fidelity = asksAny(metrics, FIDELITY) ? REMOVAL_FORWARDS : 0
  return fills.length * (global + inBox + fidelity)
}

/**
 * Measures maps of one photo: `mapMetrics` as far as they are wanted. Asks for each map by itself, since each ranks the
 * cells its own way; for random removals once for all of them.
 * @param subjects all targets of the photo: the others are what `other-objects` looks for
 * @param seed of the random removals, 0..2³² − 1
 * @returns one a subject
 */
export function* measure(
  subjects: readonly Subject[],
  measuring: Measuring,
  seed: number,
): Asking<readonly Findings[]> {
  const { fills, metrics } = measuring
  const removals: (readonly (readonly Removals[] | null)[])[] = []
  if (asksAny(metrics, FIDELITY) && subjects.length > 0)
    for (const fill of fills) removals.push(yield* randomRemovals(subjects, fill, seed))
  const boxes = subjects.map(({ target }) => target.box)
  const findings: Findings[] = []
  for (const [i, subject] of subjects.entries()) {
    const { target, map, image } = subject
    const own = removals.map((each) => each[i]!)
    const measured = yield* askedCurves(subject, measuring)
    const points = pointsIntoBox(map, target.box, image)
    const values = new Map<MetricName, readonly (number | null)[]>([
      ...measured.values,
      ['pointing-game', [points === null ? null : Number(points)]],
      ['energy-in-box', [inBoxEnergy(map, target.box, image)]],
      ['other-objects', [otherObjects(map, target.box, boxes, image)]],
      ['sparsity', [sparsity(map.data)]],
      ['mu-fidelity', own.map((seen) => seen && muFidelity(seen))],
      ['infidelity', own.map((seen) => seen && infidelity(seen))],
    ])
    findings.push({ values, curves: measured.curves })
  }
  return findings
}

function* askedCurves(subject: Subject, { fills, steps, metrics }: Measuring): Asking<Findings> {
  const values = new Map<MetricName, readonly (number | null)[]>()
  const curves: Curve[] = []
  const note = (where: '' | '-in-box', each: readonly (Curves | null)[]) => {
    const areas = each.map((seen) => seen && [areaUnder(seen.insertion), areaUnder(seen.deletion)])
    values.set(
      `insertion${where}`,
      areas.map((area) => area && area[0]!),
    )
    values.set(
      `deletion${where}`,
      areas.map((area) => area && area[1]!),
    )
    values.set(
      `insertion-minus-deletion${where}`,
      areas.map((area) => area && area[0]! - area[1]!),
    )
    each.forEach((seen, fill) => {
      if (!seen) return
      curves.push({ metric: `insertion${where}`, fill, values: drawn(seen.insertion) })
      curves.push({ metric: `deletion${where}`, fill, values: drawn(seen.deletion) })
    })
  }
  if (asksAny(metrics, GLOBAL)) {
    const each = []
    for (const fill of fills) each.push(yield* insertionDeletion(subject, fill, steps))
    note('', each)
    values.set(
      'average-drop',
      each.map((seen) => seen && averageDrop(seen.levels)),
    )
    values.set(
      'average-increase',
      each.map((seen) => seen && averageIncrease(seen.levels)),
    )
  }
  if (asksAny(metrics, IN_BOX)) {
    const each = []
    for (const fill of fills) each.push(yield* insertionDeletionInBox(subject, fill, steps))
    note('-in-box', each)
  }
  return { values, curves }
}

/** As many digits as can be drawn: a curve is looked at, what is computed from it is computed before. */
const drawn = (curve: readonly number[]) => curve.map((value) => Number(value.toFixed(5)))

/** The findings as they are stored: the wanted metrics, in the order of `wanted`, null for what is no number. */
export const evaluationOf = (
  { values, curves }: Findings,
  { fills, metrics }: Pick<Measuring, 'fills' | 'metrics'>,
): Evaluation => ({
  fills: [...fills],
  metrics: metrics.map((name) => ({
    name,
    values: (values.get(name) ?? [null]).map((value) => (value !== null && Number.isFinite(value) ? value : null)),
  })),
  curves: [...curves],
})
