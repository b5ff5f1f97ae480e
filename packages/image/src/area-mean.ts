/** Colours in rows and columns: [height][width][3]. */
export interface ColourRaster {
  readonly width: number
  readonly height: number
  readonly data: ArrayLike<number>
}

/**
 * A raster whose cells are the means of what they cover, pixels that lie in several cells in part; a cell within one
 * pixel has its colour.
 * @returns [rows][cols][3]
 */
export function areaMean({ width, height, data }: ColourRaster, cols: number, rows: number): Float64Array {
  const means = new Float64Array(rows * cols * 3)
  const area = (width / cols) * (height / rows)
  const line = new Float64Array(cols * 3)
  for (let y = 0; y < height; y++) {
    addAlong(data, y * width * 3, width, line.fill(0))
    for (let row = Math.floor((y * rows) / height); row < rows && row * height < (y + 1) * rows; row++) {
      const share = overlap(y, row, height / rows) / area
      for (let i = 0; i < line.length; i++) means[row * line.length + i]! += share * line[i]!
    }
  }
  return means
}

function addAlong(data: ArrayLike<number>, start: number, width: number, line: Float64Array): void {
  const cols = line.length / 3
  for (let x = 0; x < width; x++) {
    for (let cell = Math.floor((x * cols) / width); cell < cols && cell * width < (x + 1) * cols; cell++) {
      const share = overlap(x, cell, width / cols)
      for (let channel = 0; channel < 3; channel++) line[cell * 3 + channel]! += share * data[start + x * 3 + channel]!
    }
  }
}

/** How much of pixel [at, at + 1] lies in a cell of that size. */
const overlap = (at: number, cell: number, size: number) =>
  Math.max(0, Math.min(at + 1, (cell + 1) * size) - Math.max(at, cell * size))
