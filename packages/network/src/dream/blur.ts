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
      const rows = { width, height, plane, radius }
      meansAlongRows(from, into, rows)
      meansAlongColumns(into, from, rows)
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

interface Pass {
  readonly width: number
  readonly height: number
  /** Where the plane begins. */
  readonly plane: number
  readonly radius: number
}

function meansAlongRows(from: Float32Array, into: Float32Array, { width, height, plane, radius }: Pass): void {
  const scale = 1 / (2 * radius + 1)
  for (let row = plane; row < plane + width * height; row += width) {
    const last = row + width - 1
    let sum = (radius + 1) * from[row]!
    for (let i = 0; i < radius; i++) sum += from[Math.min(row + i, last)]!
    for (let at = row; at <= last; at++) {
      sum += from[Math.min(at + radius, last)]! - from[Math.max(at - radius - 1, row)]!
      into[at] = sum * scale
    }
  }
}

/** All columns at once, row by row, as they lie in memory. */
function meansAlongColumns(from: Float32Array, into: Float32Array, { width, height, plane, radius }: Pass): void {
  const scale = 1 / (2 * radius + 1)
  const rowAt = (y: number) => plane + Math.min(Math.max(y, 0), height - 1) * width
  const sums = new Float64Array(width)
  for (let y = -radius - 1; y < radius; y++) {
    const row = rowAt(y)
    for (let x = 0; x < width; x++) sums[x]! += from[row + x]!
  }
  for (let y = 0; y < height; y++) {
    const [row, entering, leaving] = [rowAt(y), rowAt(y + radius), rowAt(y - radius - 1)]
    for (let x = 0; x < width; x++) {
      const sum = sums[x]! + from[entering + x]! - from[leaving + x]!
      sums[x] = sum
      into[row + x] = sum * scale
    }
  }
}
