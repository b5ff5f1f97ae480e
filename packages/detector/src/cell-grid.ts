/** Strides that heads are built with, the usual ones first. */
export const STRIDE_SETS: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
  [16, 32],
]

export interface CellGrid {
  readonly count: number
  /** Column of each cell in its own grid, whole numbers. */
  readonly column: Float64Array
  readonly row: Float64Array
  /** Pixels a cell. */
  readonly stride: Float64Array
}

/** Cells of all strides one after another, each grid row-major: the order in which heads are concatenated. */
export function cellGrid(width: number, height: number, strides: readonly number[]): CellGrid {
  const count = cellCount(width, height, strides)
  const grid = {
    count,
    column: new Float64Array(count),
    row: new Float64Array(count),
    stride: new Float64Array(count),
  }
  let at = 0
  for (const stride of strides) {
    const columns = Math.ceil(width / stride)
    const rows = Math.ceil(height / stride)
    for (let cell = 0; cell < rows * columns; cell++, at++) {
      grid.column[at] = cell % columns
      grid.row[at] = Math.floor(cell / columns)
      grid.stride[at] = stride
    }
  }
  return grid
}

export const cellCount = (width: number, height: number, strides: readonly number[]): number =>
  strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0)

/** The strides whose grids have that many cells together, if any usual ones do. */
export const stridesOf = (width: number, height: number, cells: number): readonly number[] | undefined =>
  STRIDE_SETS.find((strides) => cellCount(width, height, strides) === cells)
