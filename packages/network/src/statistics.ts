export interface Histogram {
  /** Where the first bin begins and the last one ends: −most and +most, so that zero is in the middle of a bin. */
  readonly from: number
  readonly to: number
  /** Numbers in each of the bins, which are equally wide; a number on an edge is in the upper one. */
  readonly counts: readonly number[]
}

/** Odd, so that one bin is around zero. */
export const HISTOGRAM_BINS = 41

/** A number is near zero when its magnitude is below this share of the largest in the layer. */
export const NEAR_ZERO = 1e-3

export interface Statistics {
  /** Numbers, those that are not finite included. */
  readonly count: number
  /** NaN and infinite: they are in none of the figures below. */
  readonly notFinite: number
  readonly min: number
  readonly max: number
  readonly mean: number
  /** Standard deviation, of the numbers as the whole population. */
  readonly deviation: number
  /** Sum of the magnitudes. */
  readonly l1: number
  /** Root of the sum of the squares. */
  readonly l2: number
  /** Share of the numbers below `NEAR_ZERO` × the largest magnitude; 1 where all are 0. */
  readonly nearZeroShare: number
  /** Sum of those above zero; with `negativeMass` it makes `l1`. */
  readonly positiveMass: number
  /** Sum of the magnitudes of those below zero. */
  readonly negativeMass: number
  readonly histogram: Histogram
}

/** Figures of numbers, in float64 and in their order, so that they are the same everywhere. */
export function statisticsOf(values: Float32Array): Statistics {
  let [finite, sum, squares, positive, negative] = [0, 0, 0, 0, 0]
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  // By index: of a hundred million numbers an iterator would take seconds.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    finite++
    sum += value
    squares += value * value
    if (value > 0) positive += value
    else negative -= value
    if (value < min) min = value
    if (value > max) max = value
  }
  const mean = finite > 0 ? sum / finite : 0
  const most = finite > 0 ? Math.max(max, -min) : 0
  return {
    count: values.length,
    notFinite: values.length - finite,
    min: finite > 0 ? min : 0,
    max: finite > 0 ? max : 0,
    mean,
    ...spread(values, { mean, most, finite }),
    l1: positive + negative,
    l2: Math.sqrt(squares),
    positiveMass: positive,
    negativeMass: negative,
  }
}

function spread(values: Float32Array, { mean, most, finite }: { mean: number; most: number; finite: number }) {
  const counts = new Array<number>(HISTOGRAM_BINS).fill(0)
  let [squares, nearZero] = [0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    squares += (value - mean) ** 2
    if (Math.abs(value) < NEAR_ZERO * most || most === 0) nearZero++
    const place = most > 0 ? (value + most) / (2 * most) : 0.5
    counts[Math.min(HISTOGRAM_BINS - 1, Math.floor(place * HISTOGRAM_BINS))]!++
  }
  return {
    deviation: finite > 0 ? Math.sqrt(squares / finite) : 0,
    nearZeroShare: finite > 0 ? nearZero / finite : 0,
    histogram: { from: -most, to: most, counts },
  }
}
