import type { Descriptor } from '@fanlight/contracts'
import { cellCount, cellGrid } from '../cell-grid.ts'
import { centredWeights } from '../centred-weights.ts'
import type { Family, Predictions } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { classNames, imageInput, soleShape } from '../signature-reading.ts'

// YOLOX (Ge et al. 2021, arXiv:2107.08430), exported without decoding, as `tools/export_onnx.py` does by default.
//
//   output [1, cells, 5 + classes], cells of strides 8, 16, 32, each grid row-major; sigmoids are in the graph
//   cx = (o0 + column) · s    cy = (o1 + row) · s    w = e^o2 · s    h = e^o3 · s
//   objectness = o4           class probability c = o[5 + c]
//   ∂cx/∂o0 = s    ∂cy/∂o1 = s    ∂w/∂o2 = w    ∂h/∂o3 = h
//
// Gains: yolox/models/yolo_head.py. Its box loss is 1 − IoU², and its class targets are IoUs, where ours are 1 − CIoU and 1.
//
// Input: BGR, 0..255, letterboxed to the top left, padded with 114.

const STRIDES = [8, 16, 32]
const BEFORE_CLASSES = 5

export const yoloxPreprocess: Descriptor['preprocess'] = {
  channels: 'BGR',
  mean: [0, 0, 0],
  std: [1, 1, 1],
  resize: 'letterbox-top-left',
  pad: [114, 114, 114],
}

export const YOLOX_NMS_IOU = 0.45

export const yolox: Family = {
  version: 1,
  lossGains: { box: 5, obj: 1, cls: 1 },
  expects: 'one output [1, cells, 5 + classes], cells = Σ (height / s) · (width / s) over s = 8, 16, 32',

  recognise(signature) {
    const input = imageInput(signature)
    const [, cells, values] = soleShape(signature, 3) ?? []
    if (!input || !cells || !values || values <= BEFORE_CLASSES) return undefined
    if (cells !== cellCount(input.width, input.height, STRIDES)) return undefined
    return {
      inputName: input.name,
      width: input.width,
      height: input.height,
      preprocess: yoloxPreprocess,
      classNames: classNames(signature, values - BEFORE_CLASSES),
      strides: STRIDES,
      anchors: [],
      nmsIou: YOLOX_NMS_IOU,
    }
  },

  decoder({ width, height, strides, classNames }) {
    const classCount = classNames.length
    const values = BEFORE_CLASSES + classCount
    const { count, column, row, stride } = cellGrid(width, height, strides)
    let data: Float32Array = new Float32Array()
    let slot = 0
    const predictions: Predictions = {
      count,
      classCount,
      objectness: (index) => data[index * values + 4]!,
      probability: (index, classIndex) => data[index * values + BEFORE_CLASSES + classIndex]!,
      box(index, into) {
        const at = index * values
        const pixels = stride[index]!
        const x = (data[at]! + column[index]!) * pixels
        const y = (data[at + 1]! + row[index]!) * pixels
        const halfWidth = (Math.exp(data[at + 2]!) * pixels) / 2
        const halfHeight = (Math.exp(data[at + 3]!) * pixels) / 2
        into[0] = x - halfWidth
        into[1] = y - halfHeight
        into[2] = x + halfWidth
        into[3] = y + halfHeight
      },
      backward: {
        objectness(index, weight, into) {
          into[slot]![index * values + 4]! += weight
        },
        probability(index, classIndex, weight, into) {
          into[slot]![index * values + BEFORE_CLASSES + classIndex]! += weight
        },
        box(index, weights, into) {
          const at = index * values
          const pixels = stride[index]!
          const [x, y, w, h] = centredWeights(weights)
          const cotangent = into[slot]!
          cotangent[at]! += x * pixels
          cotangent[at + 1]! += y * pixels
          cotangent[at + 2]! += w * Math.exp(data[at + 2]!) * pixels
          cotangent[at + 3]! += h * Math.exp(data[at + 3]!) * pixels
        },
      },
    }
    return (outputs) => {
      const output = firstOutput(outputs, [1, count, values])
      data = output.data
      slot = outputs.indexOf(output)
      return predictions
    }
  },
}
