/** Planes of floats, row-major, one after another. */
export interface Planes {
  readonly data: Float32Array
  readonly width: number
  readonly height: number
}

const BOXES = 3

/**
 * Gaussian blur of each plane, as three running means (Kovesi 2010, "Fast almost-Gaussian filtering"): time does not
 * grow with `sigma`. Beyond its border a plane goes on as its border is.
 * @param sigma in pixels; below ½ the planes stay as they are
 */
export function blurred({ data, width, height }: Planes, sigma: number): Float32Array {
  if (sigma < 0.5) return data.slice()
  const size = width * height
  const [from, into] = [data.slice(), new Float32Array(data.length)]
  for (const radius of radiiFor(sigma)) {
    if (radius === 0) continue
    for (let plane = 0; plane < data.length; plane += size) {
      for (let y = 0; y < height; y++)
        meanAlong(from, into, { start: plane + y * width, step: 1, count: width, radius })
      for (let x = 0; x < width; x++) meanAlong(into, from, { start: plane + x, step: width, count: height, radius })
    }
  }
  return from
}

/** Radii of boxes whose variances, (w² − 1) / 12 each, add up to about σ². */
function radiiFor(sigma: number): readonly number[] {
  const ideal = Math.sqrt((12 * sigma * sigma) / BOXES + 1)
  const small = Math.floor((ideal - 1) / 2)
  const [lesser, larger] = [2 * small + 1, 2 * small + 3]
  const variance = (width: number) => (width * width - 1) / 12
  const needed = (sigma * sigma - BOXES * variance(lesser)) / (variance(larger) - variance(lesser))
  const larges = Math.min(BOXES, Math.max(0, Math.round(needed)))
  return Array.from({ length: BOXES }, (_, i) => (i < larges ? small + 1 : small))
}

interface Line {
  readonly start: number
  readonly step: number
  readonly count: number
  readonly radius: number
}

function meanAlong(from: Float32Array, into: Float32Array, { start, step, count, radius }: Line): void {
  const last = count - 1
  const at = (i: number) => from[start + Math.min(last, Math.max(0, i)) * step]!
  const scale = 1 / (2 * radius + 1)
  let sum = 0
  for (let i = -radius; i <= radius; i++) sum += at(i)
  for (let i = 0; i < count; i++) {
    into[start + i * step] = sum * scale
    sum += at(i + radius + 1) - at(i - radius)
  }
}
