import type { Grid } from '@fanlight/contracts'

/** An interpolation along one side as the two cells that each position lies between. */
export interface Taps {
  /** The lower cell of each position; the upper one is `upper`. */
  readonly lower: Int32Array
  readonly upper: Int32Array
  /** Weight of the upper cell, [0, 1]; the lower one has the rest. */
  readonly weight: Float64Array
}

/** How many equal cells a side has; or where its cells begin and end, rising from 0 to 1. */
export type Side = number | readonly number[]

export const sidesOf = ({ rows, cols, x, y }: Grid): { readonly x: Side; readonly y: Side } => ({
  x: x ?? cols,
  y: y ?? rows,
})

/**
 * Where positions along one side of the image fall in the drawn grid: g = u·cells + shift − ½ between cell centres,
 * clamped at the ends (`bilinear`); or the cell that u·cells + shift lies in (`hard`). In cells of different sizes
 * u·cells is the cell that u lies in and how far it lies into it.
 * @param positions 0..1 along the image's side
 * @param side of the grid without shift
 * @param shift in cells, [0, 1); undefined for a grid that is drawn as it is
 */
export function tapsAt(positions: Float64Array, side: Side, shift: number | undefined, edges: Grid['edges']): Taps {
  const last = drawnCells(side, shift) - 1
  const taps = {
    lower: new Int32Array(positions.length),
    upper: new Int32Array(positions.length),
    weight: new Float64Array(positions.length),
  }
  for (let i = 0; i < positions.length; i++) {
    const along = alongCells(positions[i]!, side) + (shift ?? 0)
    const g = Math.min(last, Math.max(0, edges === 'hard' ? Math.floor(along) : along - 0.5))
    taps.lower[i] = Math.floor(g)
    taps.upper[i] = Math.min(last, taps.lower[i]! + 1)
    taps.weight[i] = g - taps.lower[i]!
  }
  return taps
}

function alongCells(position: number, side: Side): number {
  if (typeof side === 'number') return position * side
  let cell = 0
  while (cell < side.length - 2 && position >= side[cell + 1]!) cell++
  return cell + (position - side[cell]!) / (side[cell + 1]! - side[cell]!)
}

/**
 * The same as a matrix [positions, drawn cells], row-major, where drawn cells are `cells`, or one more when shifted:
 * the mask at position i is Σ w[i, j] · kept[j]. Each row sums to 1. Parameters as of `tapsAt`.
 */
export function interpolation(
  positions: Float64Array,
  side: Side,
  shift: number | undefined,
  edges: Grid['edges'],
): Float32Array {
  const { lower, upper, weight } = tapsAt(positions, side, shift, edges)
  const drawn = drawnCells(side, shift)
  const matrix = new Float32Array(positions.length * drawn)
  for (let i = 0; i < positions.length; i++) {
    const [low, high] = [i * drawn + lower[i]!, i * drawn + upper[i]!]
    matrix[low] = 1 - weight[i]!
    if (high !== low) matrix[high] = weight[i]!
  }
  return matrix
}

/** The centres of `count` equal pixels, along a side from 0 to 1. */
export const pixelCentres = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count)

function drawnCells(side: Side, shift: number | undefined): number {
  const cells = typeof side === 'number' ? side : side.length - 1
  return shift === undefined ? cells : cells + 1
}
