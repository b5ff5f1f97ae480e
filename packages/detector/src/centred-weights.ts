/**
 * Weights of a box's corners as weights of its centre and sides: x1 = cx − w/2, x2 = cx + w/2, and so on.
 * @param corners of x1, y1, x2, y2
 * @returns of cx, cy, w, h
 */
export function centredWeights(corners: ArrayLike<number>): readonly [number, number, number, number] {
  const x1 = corners[0]!
  const y1 = corners[1]!
  const x2 = corners[2]!
  const y2 = corners[3]!
  return [x1 + x2, y1 + y2, (x2 - x1) / 2, (y2 - y1) / 2]
}
