import type { Planes } from './blur.ts'

/** Keeps the root away from 0, where it has no derivative: a step that nobody sees, of pictures in 0..1. */
const SOFT = 1e-3

/**
 * Total variation, Σ √(right² + down² + ε) over all pixels and planes, with differences to the right and the lower
 * neighbour (Rudin, Osher and Fatemi 1992; as a prior of pictures: Mahendran and Vedaldi 2015, arXiv:1412.0035, eq. 5
 * with β = 1).
 * @returns the mean over pixels and planes, and the derivative of the sum, in the planes' layout
 */
export function totalVariation({ data, width, height }: Planes): { mean: number; gradient: Float32Array } {
  const gradient = new Float32Array(data.length)
  let sum = 0
  for (let row = 0; row < data.length; row += width) {
    const hasBelow = (row / width) % height < height - 1
    for (let i = row; i < row + width; i++) {
      const hasRight = i + 1 < row + width
      const right = hasRight ? data[i + 1]! - data[i]! : 0
      const down = hasBelow ? data[i + width]! - data[i]! : 0
      const length = Math.sqrt(right * right + down * down + SOFT * SOFT)
      sum += length - SOFT
      gradient[i]! -= (right + down) / length
      if (hasRight) gradient[i + 1]! += right / length
      if (hasBelow) gradient[i + width]! += down / length
    }
  }
  return { mean: sum / data.length, gradient }
}
