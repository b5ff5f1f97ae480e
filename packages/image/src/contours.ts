import { blur2 } from 'd3-array'
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

/** Around a share of the positive evidence. */
export interface EvidenceLine extends MassLevel {
  /** Closed; [x, y] in cells of the map, a cell's value standing at its centre. */
  readonly rings: readonly (readonly (readonly [number, number])[])[]
}

export interface EvidenceLines {
  /** From the strongest evidence outwards; none for a map without any, or whose evidence is all over the place. */
  readonly lines: readonly EvidenceLine[]
  /** Whether they are those of the smoothed map, and so hold their shares nearly. */
  readonly smoothed: boolean
  /** Whether there is evidence, and too scattered for lines. */
  readonly scattered: boolean
}

export const LINE_SHARES: readonly number[] = [0.5, 0.8, 0.95]
/** Rings beyond this are scribble: nobody sees a shape in them. */
const MAX_RINGS = 20
/** Radii of the smoothing, in shares of the map's longer side, tried in this order. */
const RADII = [0, 1 / 64, 1 / 32, 1 / 20] as const

/** The values above which 50, 80 and 95 % of the positive evidence lie; none for a map without any. */
export function massLevels(data: Float32Array): readonly MassLevel[] {
  const falling = data
    .filter((value) => value > 0)
    .sort()
    .reverse()
  const mass = falling.reduce((sum, value) => sum + value, 0)
  if (!(mass > 0)) return []
  return LINE_SHARES.map((share) => {
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
 * The lines that hold 50, 80 and 95 % of the positive evidence, of the map as it is or, where they would fall to pieces,
 * of its positive part smoothed as little as makes them whole. One that no smoothing makes whole is left out.
 */
export function evidenceLines(map: HeatMap): EvidenceLines {
  const positive = map.data.map((value) => Math.max(0, value))
  let whole: readonly EvidenceLine[] = []
  for (const share of RADII) {
    const smooth = share === 0 ? map : smoothed({ ...map, data: positive }, share)
    const lines = massLevels(smooth.data).map((level) => ({ ...level, rings: ringsAt(smooth, level.value) }))
    whole = lines.filter(({ rings }) => rings.length <= MAX_RINGS)
    if (whole.length === lines.length) return { lines, smoothed: share > 0, scattered: false }
  }
  return { lines: whole, smoothed: true, scattered: whole.length === 0 }
}

/** As an SVG path over a picture of the given size in pixels. */
export function linePath({ rings }: Pick<EvidenceLine, 'rings'>, map: HeatMap, width: number, height: number): string {
  const point = ([x, y]: readonly [number, number]) =>
    `${((x / map.width) * width).toFixed(1)},${((y / map.height) * height).toFixed(1)}`
  return rings.map((ring) => `M${ring.map(point).join('L')}Z`).join('')
}

/** Where the map has a value, interpolated between centres of cells. */
export function ringsAt({ width, height, data }: HeatMap, value: number): EvidenceLine['rings'] {
  const { coordinates } = contours()
    .size([width, height])
    .contour([...data], value)
  return coordinates.flat().map((ring) => ring.map(([x, y]) => [x!, y!] as const))
}

function smoothed({ width, height, data }: HeatMap, share: number): HeatMap {
  const radius = Math.max(width, height) * share
  return { width, height, data: Float32Array.from(blur2({ data: [...data], width, height }, radius).data) }
}
