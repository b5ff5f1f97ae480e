import type { Grid } from '@fanlight/contracts'
import { type Coalition, sidesOf, tapsAt } from '@fanlight/segments'
import type { Tensor } from 'onnxruntime-node'
import { feed } from './masked-network.ts'

/** Where the centres of the network's columns and rows lie along the image's sides, 0..1. */
export interface Positions {
  readonly columns: Float64Array
  readonly rows: Float64Array
}

export interface MaskFeeds {
  readonly ry: Tensor
  readonly grid: Tensor
  readonly rxt: Tensor
}

/** One mask of a batch. */
export interface Mask {
  readonly positions: Positions
  readonly grid: Grid
  readonly coalition: Coalition
}

/**
 * Coalitions as the mask inputs of a network whose `base` is the photo and whose `delta` is fill − photo: the mask
 * says what is *removed*, so that where everything is kept the network gets the photo to the last bit, and v(full) is
 * the value of the plain run. Grids of several sizes share a batch: the cells that a smaller one lacks weigh nothing.
 * The feeds are the same buffers each time.
 * @param batch how many masks a forward takes; those that are not given remove nothing
 */
export function maskFeeds(batch = 1): (masks: readonly Mask[]) => MaskFeeds {
  let drawn: { sizes: string; feeds: MaskFeeds } | undefined
  return (masks) => {
    const [{ positions }] = masks as readonly [Mask]
    const [height, width] = [positions.rows.length, positions.columns.length]
    const rows = masks.reduce((most, { coalition }) => Math.max(most, coalition.rows), 0)
    const cols = masks.reduce((most, { coalition }) => Math.max(most, coalition.cols), 0)
    const sizes = `${rows} ${cols} ${height} ${width}`
    if (drawn?.sizes !== sizes) drawn = { sizes, feeds: buffers(batch, { height, width, rows, cols }) }
    const { ry, grid, rxt } = drawn.feeds
    const [down, cells, across] = [valuesOf(ry), valuesOf(grid), valuesOf(rxt)]
    for (const values of [down, cells, across]) values.fill(0)
    for (const [slot, { positions, grid, coalition }] of masks.entries()) {
      const sides = sidesOf(grid)
      const downTaps = tapsAt(positions.rows, sides.y, coalition.shiftY, grid.edges)
      fillAlong(down.subarray(slot * height * rows), downTaps, { cell: 1, position: rows })
      const acrossTaps = tapsAt(positions.columns, sides.x, coalition.shiftX, grid.edges)
      fillAlong(across.subarray(slot * cols * width), acrossTaps, { cell: width, position: 1 })
      removeFrom(cells.subarray(slot * rows * cols), coalition, cols)
    }
    return drawn.feeds
  }
}

interface Sizes {
  readonly height: number
  readonly width: number
  readonly rows: number
  readonly cols: number
}

function buffers(batch: number, { height, width, rows, cols }: Sizes): MaskFeeds {
  return {
    ry: feed(new Float32Array(batch * height * rows), [batch, 1, height, rows]),
    grid: feed(new Float32Array(batch * rows * cols), [batch, 1, rows, cols]),
    rxt: feed(new Float32Array(batch * cols * width), [batch, 1, cols, width]),
  }
}

function removeFrom(cells: Float32Array, { kept, rows, cols }: Coalition, stride: number): void {
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) cells[row * stride + col] = 1 - kept[row * cols + col]!
  }
}

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array

type Taps = ReturnType<typeof tapsAt>

/** An interpolation matrix, written into zeros as the network wants it: rows or columns first. */
function fillAlong(matrix: Float32Array, { lower, upper, weight }: Taps, step: { cell: number; position: number }) {
  for (let i = 0; i < lower.length; i++) {
    const at = i * step.position
    // At the ends both are one cell, and the upper one weighs nothing.
    matrix[at + upper[i]! * step.cell] = weight[i]!
    matrix[at + lower[i]! * step.cell] = 1 - weight[i]!
  }
}
