import type { ModelSignature } from '@fanlight/onnx'
import { cellCount, STRIDE_SETS } from '../cell-grid.ts'
import type { Decoder, Family, Outputs, Predictions, Recognised } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { sigmoid } from '../sigmoid.ts'
import { classNames, type ImageInput, imageInput, outputShapes } from '../signature-reading.ts'
import { ultralyticsPreprocess } from './ultralytics.ts'

// YOLOv5 and Ultralytics' YOLOv3, with anchors and objectness. https://github.com/ultralytics/yolov5
//
//   decoded: an output [1, predictions, 5 + classes], three a cell, in pixels: cx, cy, w, h, objectness, classes
//   raw: three outputs [1, 3, rows, columns, 5 + classes] for strides 8, 16, 32, without sigmoids (models/yolo.py):
//     cx = (2 σ(t0) − ½ + column) · s    cy = (2 σ(t1) − ½ + row) · s    w = (2 σ(t2))² · anchor    h = (2 σ(t3))² · anchor
//
// Input as of the later Ultralytics exports. Raw heads are read with the anchors of COCO: others are not in the file.

const ANCHORS_A_CELL = 3
const BEFORE_CLASSES = 5
const RAW_STRIDES = [8, 16, 32]
/** (w, h) in pixels, three a stride. */
const COCO_ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]

export const yoloAnchors: Family = {
  version: 1,
  expects:
    'an output [1, 3 · cells, 5 + classes], cells as of yolox, or three outputs [1, 3, height / s, width / s, 5 + classes]',

  recognise(signature) {
    const input = imageInput(signature)
    return input && (recogniseDecoded(signature, input) ?? recogniseRaw(signature, input))
  },

  decoder: (descriptor) =>
    descriptor.anchors.length > 0 ? rawDecoder(descriptor) : decodedDecoder(descriptor.classNames.length),
}

function recogniseDecoded(signature: ModelSignature, input: ImageInput): Recognised | undefined {
  for (const shape of outputShapes(signature)) {
    if (shape?.length !== 3 || shape[0] !== 1 || shape[2]! <= BEFORE_CLASSES) continue
    const fits = (strides: readonly number[]) =>
      shape[1] === ANCHORS_A_CELL * cellCount(input.width, input.height, strides)
    const strides = STRIDE_SETS.find(fits)
    if (strides) return describe(signature, input, { values: shape[2]!, strides, anchors: [] })
  }
  return undefined
}

function recogniseRaw(signature: ModelSignature, input: ImageInput): Recognised | undefined {
  const shapes = outputShapes(signature)
  const values = shapes[0]?.[4]
  if (shapes.length !== RAW_STRIDES.length || values === undefined || values <= BEFORE_CLASSES) return undefined
  const fits = RAW_STRIDES.every((stride) => {
    const wanted = [1, ANCHORS_A_CELL, Math.ceil(input.height / stride), Math.ceil(input.width / stride), values]
    return shapes.some((shape) => String(shape) === String(wanted))
  })
  return fits ? describe(signature, input, { values, strides: RAW_STRIDES, anchors: COCO_ANCHORS }) : undefined
}

function describe(
  signature: ModelSignature,
  input: ImageInput,
  head: { values: number; strides: readonly number[]; anchors: readonly number[] },
): Recognised {
  return {
    inputName: input.name,
    width: input.width,
    height: input.height,
    preprocess: ultralyticsPreprocess,
    classNames: classNames(signature, head.values - BEFORE_CLASSES),
    strides: [...head.strides],
    anchors: [...head.anchors],
    nmsIou: 0.45,
  }
}

function decodedDecoder(classCount: number): Decoder {
  const values = BEFORE_CLASSES + classCount
  let data: Float32Array = new Float32Array()
  let count = 0
  const predictions: Predictions = {
    get count() {
      return count
    },
    classCount,
    objectness: (index) => data[index * values + 4]!,
    probability: (index, classIndex) => data[index * values + BEFORE_CLASSES + classIndex]!,
    box(index, into) {
      const at = index * values
      const halfWidth = data[at + 2]! / 2
      const halfHeight = data[at + 3]! / 2
      into[0] = data[at]! - halfWidth
      into[1] = data[at + 1]! - halfHeight
      into[2] = data[at]! + halfWidth
      into[3] = data[at + 1]! + halfHeight
    },
  }
  return (outputs) => {
    const output = firstOutput(outputs, [1, undefined, values])
    data = output.data
    count = output.dims[1]!
    return predictions
  }
}

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

function rawDecoder(descriptor: Recognised): Decoder {
  const { width, height, strides, anchors } = descriptor
  const classCount = descriptor.classNames.length
  const values = BEFORE_CLASSES + classCount
  const { count, head, at, column, row, anchor } = rawLayout(descriptor, values)
  const objectness = new Float32Array(count)
  let heads: readonly Float32Array[] = []
  const valueAt = (index: number, offset: number) => sigmoid(heads[head[index]!]![at[index]! + offset]!)
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
  }
  return (outputs) => {
    heads = headsOf(outputs)
    // Every target asks for all of them.
    for (let index = 0; index < count; index++) objectness[index] = valueAt(index, 4)
    return predictions
  }

  function headsOf(outputs: Outputs): readonly Float32Array[] {
    return strides.map((stride) => {
      const dims = [1, ANCHORS_A_CELL, Math.ceil(height / stride), Math.ceil(width / stride), values]
      return firstOutput(outputs, dims).data
    })
  }
}
