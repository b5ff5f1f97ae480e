import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Where a statistic lies with probability `level`. */
export interface Interval {
  /** 0..1 */
  readonly level: number
  readonly low: number
  readonly high: number
}

export interface BootstrapOptions {
  /** Clusters of the largest sample that will be given. */
  readonly clusters: number
  /** 0..2³² − 1. The same seed, resamples and clusters give the same bits. @default 0 */
  readonly seed?: number
  /** @default 2000 */
  readonly resamples?: number
}

export type Statistic = 'mean' | 'median'

/** @param clusters values by cluster; those without values are left out */
export type Bootstrap = (
  clusters: readonly (readonly number[])[],
  statistic: Statistic,
  levels: readonly number[],
) => readonly Interval[] | null

/**
 * Bootstrap intervals of a statistic of values that come in clusters, such as the paired differences of all
 * detections of a photo: whole clusters are drawn again, since what is in one photo is alike (Efron and Tibshirani,
 * 1993). Plain percentiles of so few photos are too narrow; their tails are therefore taken as far out as Student's t
 * is beyond the normal, α' = Φ(−√(n ÷ (n − 1)) · t(α ÷ 2; n − 1)), the expanded percentile interval of Hesterberg
 * (The American Statistician 69, 2015).
 * @returns gives null for too few clusters with values (six for 95 %, see `leastClusters`)
 */
export function bootstrap({ clusters: most, seed = 0, resamples = 2000 }: BootstrapOptions): Bootstrap {
  const random = xoroshiro128plus(seed)
  const draws = Float64Array.from({ length: most * resamples }, () => uniformFloat64(random))
  return (given, statistic, levels) => {
    const clusters = given.filter(({ length }) => length > 0)
    const count = clusters.length
    if (count > most) throw new RangeError(`${count} clusters are more than the ${most} there are draws for`)
    if (count < leastClusters(Math.max(...levels))) return null
    const of = statistic === 'mean' ? meansOf(clusters) : mediansOf(clusters)
    const drawn = new Uint32Array(count)
    const statistics = Float64Array.from({ length: resamples }, (_, resample) => {
      for (let i = 0; i < count; i++) drawn[i] = Math.floor(draws[resample * most + i]! * count)
      return of(drawn)
    }).sort()
    return levels.map((level) => {
      const tail = expandedTail((1 - level) / 2, count)
      return { level, low: quantile(statistics, tail), high: quantile(statistics, 1 - tail) }
    })
  }
}

/**
 * Resamples never leave the range of what was seen, and all of n clusters lie on one side of the middle with
 * probability 2 · 2⁻ⁿ: with fewer than these no resampling holds the level.
 */
export const leastClusters = (level: number): number => Math.ceil(1 - Math.log2(1 - level) - 1e-9)

function meansOf(clusters: readonly (readonly number[])[]) {
  const sums = clusters.map((values) => values.reduce((sum, value) => sum + value, 0))
  const counts = clusters.map(({ length }) => length)
  return (drawn: Uint32Array): number => {
    let [sum, count] = [0, 0]
    for (const cluster of drawn) {
      sum += sums[cluster]!
      count += counts[cluster]!
    }
    return sum / count
  }
}

const mediansOf = (clusters: readonly (readonly number[])[]) => (drawn: Uint32Array) =>
  median(Array.from(drawn).flatMap((cluster) => clusters[cluster]!))

/** @param values at least one, in any order */
export function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5)
}

/** Linear between the order statistics. @param sorted at least one, rising @param at 0..1 */
function quantile(sorted: Float64Array, at: number): number {
  const place = at * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
}

function expandedTail(tail: number, clusters: number): number {
  const t = studentQuantile(1 - tail, clusters - 1)
  return normalShare(-Math.sqrt(clusters / (clusters - 1)) * t)
}

/**
 * Quantile of Student's t: exact for one and two degrees of freedom, else by the expansion in 1 ÷ freedom
 * (Abramowitz and Stegun 26.7.5), to a hundredth from 3 on.
 * @param share .5 to 1, both left out
 */
export function studentQuantile(share: number, freedom: number): number {
  if (freedom === 1) return Math.tan(Math.PI * (share - 0.5))
  if (freedom === 2) return (2 * share - 1) * Math.sqrt(2 / (4 * share * (1 - share)))
  const z = normalQuantile(share)
  const [z3, z5, z7, z9] = [z ** 3, z ** 5, z ** 7, z ** 9]
  return (
    z +
    (z3 + z) / (4 * freedom) +
    (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom ** 3) +
    (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * freedom ** 4)
  )
}

/** By halving: seldom asked, and no second approximation to err. */
function normalQuantile(share: number): number {
  let [low, high] = [-10, 10]
  while (high - low > 1e-9) {
    const middle = (low + high) / 2
    if (normalShare(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Φ(z), to 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function normalShare(z: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2)
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const tail = (series * Math.exp(-(z * z) / 2)) / 2
  return z < 0 ? tail : 1 - tail
}
