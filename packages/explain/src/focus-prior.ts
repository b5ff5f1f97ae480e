import type { Box } from '@fanlight/contracts'
import { coverage } from '@fanlight/evaluate'
import type { LogisticPrior } from '@fanlight/game'
import { Matrix } from 'ml-matrix'
import { normalBelow } from './normal-below.ts'

/**
 * What detections have in common, whatever the detector: numbers found on one half of the fixtures' photos
 * (docs/quality.md), in cells of an 8 × 8 grid and in log odds.
 */
const LEARNED = {
  ceiling: 1.05,
  /** b, and what each doubling of the box's longer side adds. */
  intercept: { mean: -9.5, bySize: 1.2, deviation: 2.6 },
  /** Σ w, and what each doubling of the box's longer side adds. */
  total: { mean: 9.8, bySize: -1.7 },
  /** Of the total: a Gaussian over the box, σ in half sides and at least so many cells; the rest lies evenly in the box. */
  gaussian: { share: 0.61, sigma: 0.43, leastCells: 0.75 },
  /** Standard deviation of a weight w: floor + ratio · w + root · √w. */
  deviation: { floor: 0.071, ratio: 0.81, root: 0.29 },
  /** Neighbours err alike: share of the variance, and how far that reaches: cells, and the box's longer side. */
  alike: { share: 0.59, cells: 0.82, box: 0.23 },
  pairs: { players: 12, deviation: 0.4, far: 0.3 },
  noise: { floor: 0.044, middle: 0.28 },
  surprised: 3,
} as const

/** Sizes of boxes that were learned from, in cells. */
const [LEAST_CELLS, MOST_CELLS] = [0.5, 8]

interface Cells {
  readonly rows: number
  readonly cols: number
}

/** What is thought of a target's cells before any is hidden: that its box matters. @param image in pixels, as the box is */
export function focusPrior(box: Box, image: { width: number; height: number }, { rows, cols }: Cells): LogisticPrior {
  const x = [(box[0] / image.width) * cols, (box[2] / image.width) * cols] as const
  const y = [(box[1] / image.height) * rows, (box[3] / image.height) * rows] as const
  const longer = Math.max(x[1] - x[0], y[1] - y[0])
  const doublings = Math.log2(Math.min(MOST_CELLS, Math.max(LEAST_CELLS, longer)))
  const { intercept, total, deviation, alike, pairs, noise, ceiling, surprised } = LEARNED
  const weights = share(x, y, { rows, cols }).map((part) => (total.mean + total.bySize * doublings) * part)
  const deviations = weights.map((w) => deviation.floor + deviation.ratio * w + deviation.root * Math.sqrt(w))
  const reach = Math.max(alike.cells, alike.box * longer)
  const squared = (a: number, b: number) =>
    ((a % cols) - (b % cols)) ** 2 + (Math.floor(a / cols) - Math.floor(b / cols)) ** 2
  const covariance = Matrix.zeros(weights.length, weights.length)
  for (let a = 0; a < weights.length; a++) {
    for (let b = 0; b < weights.length; b++) {
      const likeness = alike.share * Math.exp(-squared(a, b) / (2 * reach ** 2)) + (a === b ? 1 - alike.share : 0)
      covariance.set(a, b, deviations[a]! * deviations[b]! * likeness)
    }
  }
  return {
    ceiling,
    noise: (h) => noise.floor ** 2 + noise.middle ** 2 * h * (1 - h),
    intercept: { mean: intercept.mean + intercept.bySize * doublings, deviation: intercept.deviation },
    weights,
    covariance,
    pairs: {
      players: pairs.players,
      deviation: (first, second, heavy) => {
        const near = pairs.far + (1 - pairs.far) * Math.exp(-squared(first, second) / 4)
        return pairs.deviation * Math.sqrt(Math.max(0, heavy[first]! * heavy[second]!) * near)
      },
    },
    surprised,
  }
}

type Span = readonly [number, number]

/** Shares of the prior's weight, row-major; they sum to 1. */
function share(x: Span, y: Span, { rows, cols }: Cells): Float64Array {
  const { share: peak, sigma, leastCells } = LEARNED.gaussian
  const bell = (span: Span, cells: number) => {
    const [centre, deviation] = [(span[0] + span[1]) / 2, Math.max(leastCells, (sigma * (span[1] - span[0])) / 2)]
    const below = Array.from({ length: cells + 1 }, (_, i) => normalBelow((i - centre) / deviation))
    return below.slice(1).map((to, i) => to - below[i]!)
  }
  const flat = (span: Span, cells: number) => coverage(span[0] / cells, span[1] / cells, cells)
  const [peaked, even] = [outer(bell(y, rows), bell(x, cols)), outer(flat(y, rows), flat(x, cols))]
  return peaked.map((value, i) => peak * value + (1 - peak) * even[i]!)
}

/** The product of two sides, summing to 1; evenly where there is nothing. */
function outer(down: ArrayLike<number>, across: ArrayLike<number>): Float64Array {
  const product = Float64Array.from(
    { length: down.length * across.length },
    (_, i) => down[Math.floor(i / across.length)]! * across[i % across.length]!,
  )
  const sum = product.reduce((total, value) => total + value, 0)
  return product.map((value) => (sum > 0 ? value / sum : 1 / product.length))
}
