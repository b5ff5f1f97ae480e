import type { GradientOf } from './objective.ts'

/**
 * Width and height in those of the target's box: (x2 − x1) / w + (y2 − y1) / h, 2 for the target's own. It asks what
 * makes the box as large as it is: its IoU with itself, which scores use, is at its maximum and has no gradient.
 */
export const box: GradientOf = ({ predictions, index, target }, into) => {
  const [u1, v1, u2, v2] = target.box
  const [w, h] = [u2 - u1, v2 - v1]
  const sides = new Float64Array(4)
  predictions.box(index, sides)
  const [x1, y1, x2, y2] = sides as unknown as readonly [number, number, number, number]
  predictions.backward.box(index, [-1 / w, -1 / h, 1 / w, 1 / h], into)
  return { value: (x2 - x1) / w + (y2 - y1) / h, slope: null }
}
