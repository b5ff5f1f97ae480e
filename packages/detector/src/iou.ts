/**
 * Intersection over union of xyxy boxes, 0..1; NaN when a coordinate is NaN.
 * @param left four numbers from `leftAt`
 */
export function iouAt(left: Float64Array, leftAt: number, right: Float64Array, rightAt: number): number {
  const x1 = left[leftAt]!
  const y1 = left[leftAt + 1]!
  const x2 = left[leftAt + 2]!
  const y2 = left[leftAt + 3]!
  const u1 = right[rightAt]!
  const v1 = right[rightAt + 1]!
  const u2 = right[rightAt + 2]!
  const v2 = right[rightAt + 3]!
  const width = Math.min(x2, u2) - Math.max(x1, u1)
  const height = Math.min(y2, v2) - Math.max(y1, v1)
  if (width <= 0 || height <= 0) return 0
  const both = width * height
  return both / ((x2 - x1) * (y2 - y1) + (u2 - u1) * (v2 - v1) - both)
}
