import { type Content, contentOf, type TensorSize, withContent } from './content.ts'
import { type Placement, photoSide } from './letterbox.ts'

/**
 * A photo's tensor with each pixel of its content by the plain mean of its surroundings: the content's pixels in a
 * square ring from `radius` to 2 · `radius` around it, in whole pixels and never empty. Where the photo ends before the
 * ring begins, it is the mean of all of the photo. By sums over rectangles from the upper left corner (Crow 1984,
 * Summed-area tables for texture mapping), in a time that does not depend on the radius.
 * @param tensor float32 [3, height, width]
 * @param radius in shares of the photo's longer side
 */
export function inpainted(tensor: Float32Array, size: TensorSize, placement: Placement, radius: number): Float32Array {
  const radiusPx = radius * photoSide(placement)
  const across = ringOf(radiusPx * placement.scaleX)
  const down = ringOf(radiusPx * placement.scaleY)
  return withContent(tensor, size, placement, (plane) => {
    const { values, width, height } = contentOf(plane, size, placement)
    const sums = sumsOf({ values, width, height })
    const within = (top: number, bottom: number, left: number, right: number) => {
      const [above, below] = [top * (width + 1), bottom * (width + 1)]
      return sums[below + right]! - sums[below + left]! - sums[above + right]! + sums[above + left]!
    }
    for (let y = 0; y < height; y++) {
      const [top, bottom] = [Math.max(0, y - down.outer), Math.min(height, y + down.outer + 1)]
      const [holeTop, holeBottom] = [Math.max(0, y - down.inner), Math.min(height, y + down.inner + 1)]
      for (let x = 0; x < width; x++) {
        const [left, right] = [Math.max(0, x - across.outer), Math.min(width, x + across.outer + 1)]
        const [holeLeft, holeRight] = [Math.max(0, x - across.inner), Math.min(width, x + across.inner + 1)]
        const count = (bottom - top) * (right - left) - (holeBottom - holeTop) * (holeRight - holeLeft)
        values[y * width + x] =
          count > 0
            ? (within(top, bottom, left, right) - within(holeTop, holeBottom, holeLeft, holeRight)) / count
            : sums.at(-1)! / values.length
      }
    }
    return values
  })
}

/** Pixels away, at most: of the hole, and of the ring. */
function ringOf(radius: number): { readonly inner: number; readonly outer: number } {
  const inner = Math.round(radius)
  return { inner, outer: Math.max(inner + 1, Math.round(2 * radius)) }
}

/** [height + 1, width + 1]: of all above and to the left. */
function sumsOf({ values, width, height }: Content): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1))
  for (let y = 0; y < height; y++) {
    let row = 0
    for (let x = 0; x < width; x++) {
      row += values[y * width + x]!
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row
    }
  }
  return sums
}
