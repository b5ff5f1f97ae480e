import { cellCount } from '../cell-grid.ts'
import { centredWeights } from '../centred-weights.ts'
import type { Cotangents, Decoder, Outputs, OutputTensor, Predictions, Recognised } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { sigmoid, sigmoidSlope } from '../sigmoid.ts'

// Raw heads of YOLOv5, one output a stride s (models/yolo.py): everything goes through a sigmoid.
//
//   cx = (2 σ(t0) − ½ + column) · s    cy = (2 σ(t1) − ½ + row) · s    w = (2 σ(t2))² · anchor    h = (2 σ(t3))² · anchor
//   ∂cx/∂σ(t0) = 2 s    ∂w/∂σ(t2) = 8 σ(t2) · anchor    ∂σ(t)/∂t = σ(t) (1 − σ(t))

export const ANCHORS_A_CELL = 3
export const BEFORE_CLASSES = 5

/** Where each prediction of the raw heads lies, and what its cell and anchor are. */
interface RawLayout {
  readonly count: number
  readonly head: Uint8Array
  /** Of its first value in the head's output. */
  readonly at: Int32Array
  readonly column: Int32Array
  readonly row: Int32Array
  readonly anchor: Uint8Array
}

function rawLayout({ width, height, strides }: Recognised, values: number): RawLayout {
  const count = ANCHORS_A_CELL * cellCount(width, height, strides)
  const layout = {
    count,
    head: new Uint8Array(count),
    at: new Int32Array(count),
    column: new Int32Array(count),
    row: new Int32Array(count),
    anchor: new Uint8Array(count),
  }
  let index = 0
  strides.forEach((stride, head) => {
    const columns = Math.ceil(width / stride)
    const cells = columns * Math.ceil(height / stride)
    for (let i = 0; i < ANCHORS_A_CELL * cells; i++, index++) {
      layout.head[index] = head
      layout.at[index] = i * values
      layout.column[index] = i % columns
      layout.row[index] = Math.floor((i % cells) / columns)
      layout.anchor[index] = head * ANCHORS_A_CELL + Math.floor(i / cells)
    }
  })
  return layout
}

export function rawDecoder(descriptor: Recognised): Decoder {
  const { width, height, strides, anchors } = descriptor
  const classCount = descriptor.classNames.length
  const values = BEFORE_CLASSES + classCount
  const { count, head, at, column, row, anchor } = rawLayout(descriptor, values)
  const objectness = new Float32Array(count)
  let heads: readonly Float32Array[] = []
  let slots: readonly number[] = []
  const rawAt = (index: number, offset: number) => heads[head[index]!]![at[index]! + offset]!
  const valueAt = (index: number, offset: number) => sigmoid(rawAt(index, offset))
  /** Adds weight · ∂σ/∂value. */
  const add = (index: number, offset: number, weight: number, into: Cotangents) => {
    into[slots[head[index]!]!]![at[index]! + offset]! += weight * sigmoidSlope(rawAt(index, offset))
  }
  const predictions: Predictions = {
    count,
    classCount,
    objectness: (index) => objectness[index]!,
    probability: (index, classIndex) => valueAt(index, BEFORE_CLASSES + classIndex),
    box(index, into) {
      const stride = strides[head[index]!]!
      const x = (2 * valueAt(index, 0) - 0.5 + column[index]!) * stride
      const y = (2 * valueAt(index, 1) - 0.5 + row[index]!) * stride
      const halfWidth = ((2 * valueAt(index, 2)) ** 2 * anchors[2 * anchor[index]!]!) / 2
      const halfHeight = ((2 * valueAt(index, 3)) ** 2 * anchors[2 * anchor[index]! + 1]!) / 2
      into[0] = x - halfWidth
      into[1] = y - halfHeight
      into[2] = x + halfWidth
      into[3] = y + halfHeight
    },
    backward: {
      objectness: (index, weight, into) => add(index, 4, weight, into),
      probability: (index, classIndex, weight, into) => add(index, BEFORE_CLASSES + classIndex, weight, into),
      box(index, weights, into) {
        const stride = strides[head[index]!]!
        const [x, y, w, h] = centredWeights(weights)
        add(index, 0, x * 2 * stride, into)
        add(index, 1, y * 2 * stride, into)
        add(index, 2, w * 8 * valueAt(index, 2) * anchors[2 * anchor[index]!]!, into)
        add(index, 3, h * 8 * valueAt(index, 3) * anchors[2 * anchor[index]! + 1]!, into)
      },
    },
  }
  return (outputs) => {
    const found = headsOf(outputs)
    heads = found.map(({ data }) => data)
    slots = found.map((output) => outputs.indexOf(output))
    // Every target asks for all of them.
    for (let index = 0; index < count; index++) objectness[index] = valueAt(index, 4)
    return predictions
  }

  function headsOf(outputs: Outputs): readonly OutputTensor[] {
    return strides.map((stride) => {
      const dims = [1, ANCHORS_A_CELL, Math.ceil(height / stride), Math.ceil(width / stride), values]
      return firstOutput(outputs, dims)
    })
  }
}
