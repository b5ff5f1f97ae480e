import type { Placement } from './letterbox.ts'

/** Of a tensor [3, height, width]. */
export interface TensorSize {
  readonly width: number
  readonly height: number
}

/** One channel of what a tensor has of the photo, without the padding around it. */
export interface Content extends TensorSize {
  /** Row-major. */
  readonly values: Float64Array
}

/** @param plane a channel of the tensor */
export function contentOf(plane: Float32Array, size: TensorSize, placement: Placement): Content {
  const { width, height } = placement
  const values = new Float64Array(width * height)
  for (let y = 0; y < height; y++) {
    const from = rowOf(y, size, placement)
    for (let x = 0; x < width; x++) values[y * width + x] = plane[from + x]!
  }
  return { values, width, height }
}

/**
 * A tensor with another content, and the padding as it is.
 * @param change gives the new content of a channel, row-major
 */
export function withContent(
  tensor: Float32Array,
  size: TensorSize,
  placement: Placement,
  change: (plane: Float32Array, channel: number) => ArrayLike<number>,
): Float32Array {
  const copy = tensor.slice()
  const planeSize = size.width * size.height
  for (let channel = 0; channel * planeSize < copy.length; channel++) {
    const plane = copy.subarray(channel * planeSize, (channel + 1) * planeSize)
    const values = change(plane, channel)
    for (let y = 0; y < placement.height; y++) {
      const to = rowOf(y, size, placement)
      for (let x = 0; x < placement.width; x++) plane[to + x] = values[y * placement.width + x]!
    }
  }
  return copy
}

const rowOf = (y: number, { width }: TensorSize, { offsetX, offsetY }: Placement) => (offsetY + y) * width + offsetX
