import { contours } from 'd3-contour'

/** A map over the whole image: float32 [height, width], row-major, row 0 at the top. */
export interface HeatMap {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

export interface MassLevel {
  /** Share of the positive evidence that lies at or above `value`. */
  readonly share: number
  readonly value: number
}

const SHARES = [0.5, 0.8, 0.95]

/** The values above which 50, 80 and 95 % of the positive evidence lie; none for a map without any. */
export function massLevels(data: Float32Array): readonly MassLevel[] {
  const falling = data
    .filter((value) => value > 0)
    .sort()
    .reverse()
  const mass = falling.reduce((sum, value) => sum + value, 0)
  if (!(mass > 0)) return []
  return SHARES.map((share) => {
    let held = 0
    const value = falling.find((cell) => {
      held += cell
      // Rounding must not push a level past the last cell.
      return held >= share * mass * (1 - 1e-9)
    })
    return { share, value: value! }
  })
}

/**
 * The lines along which the map has a value, as an SVG path over a picture of the given size in pixels.
 * A cell's value stands at its centre.
 */
export function contourPath(map: HeatMap, value: number, width: number, height: number): string {
  const lines = contours()
    .size([map.width, map.height])
    .contour([...map.data], value)
  const point = ([x, y]: number[]) =>
    `${((x! / map.width) * width).toFixed(1)},${((y! / map.height) * height).toFixed(1)}`
  return lines.coordinates.flatMap((polygon) => polygon.map((ring) => `M${ring.map(point).join('L')}Z`)).join('')
}
