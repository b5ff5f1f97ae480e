/** Four cells of a map for each of D-RISE's default grid: beyond that a map only gets larger, not sharper. */
const LONGER_SIDE_CELLS = 64

export interface MapShape {
  readonly width: number
  readonly height: number
}

/**
 * Cells of the maps of an image: 64, or as many as are wanted, along its longer side, the other in proportion, at least 1. The map covers the
 * image exactly; its cells are square but for the rounding, also where they are smaller than a pixel.
 * @param width,height of the image in pixels, positive
 */
export function mapShapeOf(width: number, height: number, longerSideCells = LONGER_SIDE_CELLS): MapShape {
  const cellsPerPixel = longerSideCells / Math.max(width, height)
  const cells = (pixels: number) => Math.max(1, Math.round(pixels * cellsPerPixel))
  return { width: cells(width), height: cells(height) }
}
