import type { Curve } from '@fanlight/contracts'
import { leastClusters, studentQuantile } from './bootstrap.ts'

/** Points of a mean curve, from nothing to everything in equal steps. */
const POINTS = 41
/** Of the band around it. */
export const BAND_LEVEL = 0.9

/** The mean over targets of their curves, and where it lies, point by point. */
export interface MeanCurve {
  readonly metric: Curve['metric']
  readonly fill: string
  /** Key of the method. */
  readonly method: string
  readonly mean: readonly number[]
  /** Half the width of its 90 % interval: t · the standard error over photos; null for fewer than five. */
  readonly halfWidths: readonly number[] | null
}

interface Sum {
  readonly values: Float64Array
  targets: number
}

/** Adds up curves by photo, so that their number does not matter. */
export function meanCurves() {
  const curves = new Map<string, { about: Pick<MeanCurve, 'metric' | 'fill' | 'method'>; photos: Map<string, Sum> }>()
  return {
    add(about: Pick<MeanCurve, 'metric' | 'fill' | 'method'>, photo: string, values: readonly number[]): void {
      const key = JSON.stringify([about.metric, about.fill, about.method])
      const { photos } = curves.get(key) ?? { photos: new Map<string, Sum>() }
      const sum = photos.get(photo) ?? { values: new Float64Array(POINTS), targets: 0 }
      for (let i = 0; i < POINTS; i++) sum.values[i]! += valueAt(values, i / (POINTS - 1))
      sum.targets += 1
      photos.set(photo, sum)
      curves.set(key, { about, photos })
    },
    result: (): readonly MeanCurve[] =>
      [...curves.values()].map(({ about, photos }) => ({ ...about, ...meanOf([...photos.values()]) })),
  }
}

/** Between its points a curve is straight. @param share 0..1 */
function valueAt(values: readonly number[], share: number): number {
  const place = share * (values.length - 1)
  const below = Math.min(Math.floor(place), values.length - 2)
  return values[below]! + (place - below) * (values[below + 1]! - values[below]!)
}

/** The standard error of a mean over targets, those of a photo being alike: of a ratio of sums over photos. */
function meanOf(photos: readonly Sum[]): Pick<MeanCurve, 'mean' | 'halfWidths'> {
  const targets = photos.reduce((sum, photo) => sum + photo.targets, 0)
  const at = (point: number) => photos.reduce((sum, { values }) => sum + values[point]!, 0) / targets
  const mean = Array.from({ length: POINTS }, (_, point) => at(point))
  if (photos.length < leastClusters(BAND_LEVEL)) return { mean: mean.map(rounded), halfWidths: null }
  const t = studentQuantile((1 + BAND_LEVEL) / 2, photos.length - 1)
  const halfWidths = mean.map((middle, point) => {
    const squares = photos.reduce((sum, photo) => sum + (photo.values[point]! - middle * photo.targets) ** 2, 0)
    return rounded((t * Math.sqrt((squares * photos.length) / (photos.length - 1))) / targets)
  })
  return { mean: mean.map(rounded), halfWidths }
}

/** More digits nobody sees, and everybody would have to carry. */
const rounded = (value: number) => Number(value.toFixed(4))
