import type { AttributionRecord, Doubt, DoubtCode } from '@fanlight/contracts'
import { isLossTerm } from './words.ts'

// No code but words.ts beside it: browsers load it, too.

/**
 * Where doubts begin, in the order in which they are told: what undermines a map most comes first. Why there:
 * docs/spec/explainers.md.
 */
export const doubtLimits = {
  /** v(full) of maps by hiding; doubted below. */
  'nothing-there': 0.01,
  /** Share of the coalitions that left the value where it was. */
  saturated: 0.9,
  /** v(empty) ÷ v(full). */
  'scores-when-empty': 0.2,
  /** Correlation of runs like this one; doubted below. */
  unstable: 2 / 3,
  /** Widest interval ÷ all evidence. */
  uncertain: 0.5,
  /** Share of the map. */
  'mostly-prior': 0.5,
  /** R²; doubted below. */
  'poor-fit': 0.5,
  /** Share of the evidence that the values miss. */
  'efficiency-gap': 0.1,
  /** Correlation of the answers under two fills; doubted below. */
  'fill-sensitive': 0.7,
} as const satisfies Readonly<Record<DoubtCode, number>>

/** Doubted below it instead of above: a gradient taken where the last sigmoid is flatter, its value above 0.999. */
export const LEAST_SLOPE = 1e-3

const BELOW: readonly DoubtCode[] = ['nothing-there', 'unstable', 'poor-fit', 'fill-sensitive']

/** What doubts follow from. */
export interface Doubtable
  extends Pick<
    AttributionRecord,
    'forwards' | 'fullValue' | 'emptyValue' | 'stability' | 'priorShare' | 'fit' | 'unmoved'
  > {
  readonly target: Pick<AttributionRecord['target'], 'objective'>
  /** Of methods that take gradients: these say what would raise a value that is hardly there. */
  readonly gradient?: object | undefined
  /** Of the last sigmoid where a method took its one gradient. */
  readonly slope?: number
}

/**
 * Why a map should not be believed, the worst first; none for a map without reason to doubt it, and none for a
 * baseline: it never asked, and says so.
 */
export function doubtsOf(made: Doubtable): Doubt[] {
  if (made.forwards === 0) return []
  const { slope } = made
  const flat: Doubt[] =
    slope !== undefined && slope < LEAST_SLOPE ? [{ code: 'saturated', value: slope, limit: LEAST_SLOPE }] : []
  const found = foundIn(made)
  const doubted = (Object.keys(doubtLimits) as DoubtCode[]).flatMap((code) => {
    const value = found[code]
    const limit = doubtLimits[code]
    if (value === null || value === undefined) return []
    return (BELOW.includes(code) ? value < limit : value > limit) ? [{ code, value, limit }] : []
  })
  return [...flat, ...doubted]
}

/** Null or absent: not asked. */
function foundIn(made: Doubtable): Readonly<Record<DoubtCode, number | null | undefined>> {
  const { fit } = made
  return {
    'nothing-there': isLossTerm(made.target.objective) || made.gradient ? null : made.fullValue,
    saturated: made.unmoved,
    'scores-when-empty': keptWhenEmpty(made),
    unstable: made.stability,
    uncertain: fit?.widestInterval,
    'mostly-prior': made.priorShare,
    'poor-fit': fit?.r2,
    'efficiency-gap': fit?.efficiencyGap,
    'fill-sensitive': fit?.fillAgreement,
  }
}

/**
 * v(empty) ÷ v(full): the share of the value that is there without any evidence; 1 where only the empty picture has
 * some. Null where it was not asked, and for losses: a loss is worse without evidence, it says nothing of the kind.
 */
export function keptWhenEmpty({ target, fullValue, emptyValue }: Omit<Doubtable, 'forwards'>): number | null {
  if (fullValue === null || emptyValue === null || isLossTerm(target.objective)) return null
  if (fullValue > 0) return emptyValue / fullValue
  return emptyValue > 0 ? 1 : 0
}

/** Of the value of the whole photo: a run that keeps as much was not moved by what it hid. */
const UNMOVED_ABOVE = 0.95

/**
 * For `Attribution.unmoved`: the share of a target's values that stayed above 95 % of v(full).
 * @param values over the coalitions that a method learns from, the empty and the full one left out
 * @returns undefined where there is nothing to keep
 */
export function unmovedShare(values: ArrayLike<number>, fullValue: number): number | undefined {
  if (values.length === 0 || !(fullValue > 0)) return undefined
  let kept = 0
  for (let i = 0; i < values.length; i++) if (values[i]! > UNMOVED_ABOVE * fullValue) kept += 1
  return kept / values.length
}
