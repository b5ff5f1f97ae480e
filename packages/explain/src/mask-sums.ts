import type { CoalitionSet, Grid } from '@fanlight/contracts'
import {
  type Coalition,
  coalitionAt,
  coalitionCount,
  pixelCentres,
  sidesOf,
  type Taps,
  tapsAt,
} from '@fanlight/segments'
import type { MapShape } from './map-shape.ts'

export interface WeightedMasks {
  readonly coalitions: readonly CoalitionSet[]
  readonly grid: Grid
  readonly shape: MapShape
  /** One list a channel, a weight for each coalition. */
  readonly channels: readonly Float64Array[]
  /** Only coalitions first, first + step, first + 2·step … are added. */
  readonly first: number
  readonly step: number
}

/**
 * Σᵢ weightᵢ · Mᵢ at the centres of a map's cells, for each channel, in float64.
 *
 * Enlarging is linear, so grids that are shifted alike are added up first, in order of their index, and enlarged once:
 * a mask costs its grid's cells, not the map's. The order of additions follows from the coalitions alone: a channel
 * gets the same bits whatever the other channels are.
 * @returns one float64 [height, width] a channel
 */
export function maskSums(masks: WeightedMasks): Float64Array[] {
  const { grid, shape, channels } = masks
  const [x, y] = [pixelCentres(shape.width), pixelCentres(shape.height)]
  const sides = sidesOf(grid)
  const sums = channels.map(() => new Float64Array(shape.width * shape.height))
  for (const [shiftY, columns] of drawnByShift(masks)) {
    const down = tapsAt(y, sides.y, shiftY, grid.edges)
    const across = [...columns].map(([shiftX, drawn]) => ({ drawn, taps: tapsAt(x, sides.x, shiftX, grid.edges) }))
    channels.forEach((weights, c) => {
      // K · Rxᵀ: as wide as the map, still as high as the grid.
      const lines = new Float64Array((grid.rows + 1) * shape.width)
      for (const { drawn, taps } of across) addStretched(lines, gridSum(drawn, weights), drawn[0]!.coalition, taps)
      addEnlarged(sums[c]!, lines, down, shape.width)
    })
  }
  return sums
}

interface Drawn {
  readonly index: number
  readonly coalition: Coalition
}

type Shift = Coalition['shiftX']

/** By vertical, then by horizontal shift. */
function drawnByShift({ coalitions, grid, first, step }: WeightedMasks): Map<Shift, Map<Shift, Drawn[]>> {
  const byShift = new Map<Shift, Map<Shift, Drawn[]>>()
  const count = coalitionCount(coalitions)
  for (let index = first; index < count; index += step) {
    const coalition = coalitionAt(coalitions, grid, index)
    const { shiftX, shiftY } = coalition
    const columns = byShift.get(shiftY) ?? new Map<Shift, Drawn[]>()
    byShift.set(shiftY, columns)
    const alike = columns.get(shiftX) ?? []
    columns.set(shiftX, alike)
    alike.push({ index, coalition })
  }
  return byShift
}

function gridSum(drawn: readonly Drawn[], weights: Float64Array): Float64Array {
  const cells = new Float64Array(drawn[0]!.coalition.kept.length)
  for (const { index, coalition } of drawn) {
    const { kept } = coalition
    const weight = weights[index]!
    for (let j = 0; j < cells.length; j++) cells[j] = cells[j]! + weight * kept[j]!
  }
  return cells
}

function addStretched(lines: Float64Array, cells: Float64Array, { rows, cols }: Coalition, taps: Taps): void {
  const { lower, upper, weight } = taps
  const width = lower.length
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const low = cells[row * cols + lower[i]!]!
      const value = low + weight[i]! * (cells[row * cols + upper[i]!]! - low)
      lines[row * width + i] = lines[row * width + i]! + value
    }
  }
}

function addEnlarged(sums: Float64Array, lines: Float64Array, { lower, upper, weight }: Taps, width: number): void {
  for (let row = 0; row < lower.length; row++) {
    const [above, below] = [lower[row]! * width, upper[row]! * width]
    for (let i = 0; i < width; i++) {
      const low = lines[above + i]!
      const value = low + weight[row]! * (lines[below + i]! - low)
      sums[row * width + i] = sums[row * width + i]! + value
    }
  }
}
