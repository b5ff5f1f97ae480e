import type { Grid } from '@fanlight/contracts'
import { type Coalition, tapsAt } from '@fanlight/segments'
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

/**
 * Coalitions as the mask inputs of a network whose `base` is the photo and whose `delta` is fill − photo: the mask
 * says what is *removed*, so that where everything is kept the network gets the photo to the last bit, and v(full) is
 * the value of the plain run. The feeds are the same buffers each time.
 */
export function maskFeeds({ columns, rows }: Positions, grid: Grid): (coalition: Coalition) => MaskFeeds {
  let drawn: { rows: number; cols: number; feeds: MaskFeeds } | undefined
  return (coalition) => {
    if (drawn?.rows !== coalition.rows || drawn.cols !== coalition.cols) {
      drawn = { rows: coalition.rows, cols: coalition.cols, feeds: buffers(columns.length, rows.length, coalition) }
    }
    const { feeds } = drawn
    fillAlong(valuesOf(feeds.ry), tapsAt(rows, grid.rows, coalition.shiftY, grid.edges), {
      cell: 1,
      position: coalition.rows,
    })
    fillAlong(valuesOf(feeds.rxt), tapsAt(columns, grid.cols, coalition.shiftX, grid.edges), {
      cell: columns.length,
      position: 1,
    })
    const removed = valuesOf(feeds.grid)
    for (let cell = 0; cell < removed.length; cell++) removed[cell] = 1 - coalition.kept[cell]!
    return feeds
  }
}

function buffers(width: number, height: number, { rows, cols }: Coalition): MaskFeeds {
  return {
    ry: feed(new Float32Array(height * rows), [1, 1, height, rows]),
    grid: feed(new Float32Array(rows * cols), [1, 1, rows, cols]),
    rxt: feed(new Float32Array(cols * width), [1, 1, cols, width]),
  }
}

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array

type Taps = ReturnType<typeof tapsAt>

/** An interpolation matrix, written where the network wants it: rows or columns first. */
function fillAlong(matrix: Float32Array, { lower, upper, weight }: Taps, step: { cell: number; position: number }) {
  matrix.fill(0)
  for (let i = 0; i < lower.length; i++) {
    const at = i * step.position
    // At the ends both are one cell, and the upper one weighs nothing.
    matrix[at + upper[i]! * step.cell] = weight[i]!
    matrix[at + lower[i]! * step.cell] = 1 - weight[i]!
  }
}
