import type { Grid } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import type { Attribution } from './explainer.ts'
import type { MapShape } from './map-shape.ts'
import { maskSums } from './mask-sums.ts'
import type { RandomSet } from './rounds.ts'

/** Random masks over one raster, and their scores for each target. */
export interface Layer {
  readonly grid: Grid
  readonly random: RandomSet
  readonly scores: readonly Float32Array[]
}

export type MaskMap = Pick<Attribution, 'map' | 'stability'>

/**
 * Σᵢ (sᵢ − s̄) Mᵢ(x) / Σᵢ Mᵢ(x) over the masks of all layers, s̄ that of the mask's layer; one a target, each with the correlation
 * between the maps of its even and of its odd masks.
 */
export function mapsOf(layers: readonly Layer[], shape: MapShape): MaskMap[] {
  const halves = layers.map(({ grid, random, scores }) => {
    // Subtracted before the sum: the same map as after it, and exactly zero for a score that never moves.
    const centred = scores.map((run) => {
      const values = Float64Array.from(run)
      const mean = values.reduce((sum, score) => sum + score, 0) / values.length
      return values.map((score) => score - mean)
    })
    const channels = [...centred, new Float64Array(random.count).fill(1)]
    const half = (first: number) => maskSums({ coalitions: [random], grid, shape, channels, first, step: 2 })
    return [half(0), half(1)] as const
  })
  const summed = (odd: 0 | 1, channel: number) => halves.map((half) => half[odd].at(channel)!).reduce(sum)
  const covered = [summed(0, -1), summed(1, -1)] as const
  return layers[0]!.scores.map((_, i) => {
    const [even, odd] = [summed(0, i), summed(1, i)]
    const whole = ratio(sum(even, odd), sum(...covered))
    const stability = correlation(ratio(even, covered[0]), ratio(odd, covered[1]))
    return { map: { ...shape, data: Float32Array.from(whole) }, stability }
  })
}

const sum = (a: Float64Array, b: Float64Array) => a.map((value, i) => value + b[i]!)

/** A cell that no mask kept has shown nothing. */
const ratio = (sums: Float64Array, coverage: Float64Array) =>
  sums.map((value, i) => (coverage[i]! > 0 ? value / coverage[i]! : 0))
