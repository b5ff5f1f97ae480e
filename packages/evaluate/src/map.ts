/** A map of evidence over a whole image: float32 [height, width] cells, row 0 at the top, signed. */
export interface CellMap {
  readonly width: number
  readonly height: number
  readonly data: Float32Array
}

/** Size of the image in the unit that its boxes are in: pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}
