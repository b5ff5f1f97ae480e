/** A map over the whole photo, row 0 at the top; its intervals are of the same shape. */
interface MapWithIntervals {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
  readonly halfWidths: Float32Array
}

/** Evidence at a place, with half the width of its interval. */
export interface Place {
  /** Centre of a cell, in shares of the photo's sides. */
  readonly x: number
  readonly y: number
  readonly value: number
  readonly halfWidth: number
}

/** Places nearer to each other than this share of the map's longer side are one. */
const APART = 1 / 8

/** Where the most evidence lies, for or against, the strongest first; cells without any are no places. */
export function strongestPlaces({ width, height, data, halfWidths }: MapWithIntervals, count: number): Place[] {
  const reach = APART * Math.max(width, height)
  const places: (Place & { readonly row: number; readonly column: number })[] = []
  while (places.length < count) {
    let best: number | undefined
    for (let cell = 0; cell < data.length; cell++) {
      const strength = Math.abs(data[cell]!)
      if (strength === 0 || (best !== undefined && strength <= Math.abs(data[best]!))) continue
      const [row, column] = [Math.floor(cell / width), cell % width]
      if (places.every((place) => Math.hypot(place.row - row, place.column - column) >= reach)) best = cell
    }
    if (best === undefined) break
    const [row, column] = [Math.floor(best / width), best % width]
    const [x, y] = [(column + 0.5) / width, (row + 0.5) / height]
    places.push({ row, column, x, y, value: data[best]!, halfWidth: halfWidths[best]! })
  }
  return places.map(({ x, y, value, halfWidth }) => ({ x, y, value, halfWidth }))
}
