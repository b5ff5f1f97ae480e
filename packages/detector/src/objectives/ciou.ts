import type { Box } from '@fanlight/contracts'

export interface Ciou {
  /** −2..1. */
  readonly value: number
  /** ∂value / ∂(x1, y1, x2, y2) of the first box, 1 / pixels. */
  readonly slopes: readonly [number, number, number, number]
}

/** Pixels: sides are never taken as shorter, so that no ratio is 0 / 0. */
const MIN_SIDE = 1e-7
/** Pixels. Edges closer than this are one edge: float32 of two sessions differ by less. */
const SAME_EDGE = 0.01

/**
 * Complete IoU (Zheng et al. 2020, arXiv:1911.08287; 2021, arXiv:2005.03572) of a box with a target's box:
 *
 *   CIoU = IoU − ρ²/c² − α v    v = 4/π² (atan(u/t) − atan(w/h))²    α = v / (1 − IoU + v)
 *
 * ρ is the distance of the centres, c the diagonal of the hull, u × t the target's sides. As in the trainers, α is
 * held, and v is differentiated in full (the paper leaves out its 1 / (w² + h²)).
 * IoU has a kink where two edges meet; there, both sides count by half. So the derivative for the target's own box,
 * which is the maximum, is 0, and not what the rounding of its edges makes of it.
 */
export function ciou(box: ArrayLike<number>, target: Box): Ciou {
  const x = axis([box[0]!, box[2]!], [target[0], target[2]])
  const y = axis([box[1]!, box[3]!], [target[1], target[3]])
  const both = x.overlap * y.overlap
  const either = x.side * y.side + x.targetSide * y.targetSide - both
  const iou = both / either
  const distance = x.offset ** 2 + y.offset ** 2
  const diagonal = x.hull ** 2 + y.hull ** 2
  const turn = Math.atan(x.targetSide / y.targetSide) - Math.atan(x.side / y.side)
  const v = (4 / Math.PI ** 2) * turn ** 2
  const alpha = v === 0 ? 0 : v / (1 - iou + v)
  const perSide = ((8 / Math.PI ** 2) * turn) / (x.side ** 2 + y.side ** 2)

  /** @param aspect ∂v/∂(this axis' side) */
  const slopeOf = (along: Axis, across: Axis, { end, aspect }: { end: 0 | 1; aspect: number }) => {
    const outward = end === 0 ? -1 : 1
    const dBoth = along.dOverlap[end] * across.overlap
    const dEither = outward * across.side - dBoth
    const dIou = (dBoth * either - both * dEither) / either ** 2
    const dDistance = along.offset
    const dDiagonal = 2 * along.hull * along.dHull[end]
    return dIou - (dDistance * diagonal - distance * dDiagonal) / diagonal ** 2 - alpha * outward * aspect
  }
  const [wide, high] = [-perSide * y.side, perSide * x.side]
  return {
    value: iou - distance / diagonal - alpha * v,
    slopes: [
      slopeOf(x, y, { end: 0, aspect: wide }),
      slopeOf(y, x, { end: 0, aspect: high }),
      slopeOf(x, y, { end: 1, aspect: wide }),
      slopeOf(y, x, { end: 1, aspect: high }),
    ],
  }
}

/** Two intervals, and how what they share changes with the ends of the first. */
interface Axis {
  readonly side: number
  readonly targetSide: number
  readonly overlap: number
  readonly dOverlap: readonly [number, number]
  readonly hull: number
  readonly dHull: readonly [number, number]
  /** Of the centres. */
  readonly offset: number
}

function axis([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Axis {
  const overlap = Math.max(0, Math.min(high, to) - Math.max(low, from))
  const touches = overlap > 0 ? 1 : 0
  return {
    side: Math.max(high - low, MIN_SIDE),
    targetSide: Math.max(to - from, MIN_SIDE),
    overlap,
    dOverlap: [-touches * above(low, from), touches * above(to, high)],
    hull: Math.max(high, to) - Math.min(low, from),
    dHull: [-above(from, low), above(high, to)],
    offset: (low + high - from - to) / 2,
  }
}

/** 1 where a > b, ½ where they are the same edge. */
function above(a: number, b: number): number {
  if (Math.abs(a - b) < SAME_EDGE) return 0.5
  return a > b ? 1 : 0
}
