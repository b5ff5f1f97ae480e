import type { ModelSignature } from '@fanlight/onnx'
import { cellCount, STRIDE_SETS } from '../cell-grid.ts'
import { centredWeights } from '../centred-weights.ts'
import type { Decoder, Family, Predictions, Recognised } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { classNames, type ImageInput, imageInput, outputShapes } from '../signature-reading.ts'
import { ultralyticsPreprocess } from './ultralytics.ts'
import { ANCHORS_A_CELL, BEFORE_CLASSES, rawDecoder } from './yolo-raw-heads.ts'

// YOLOv5 and Ultralytics' YOLOv3, with anchors and objectness. https://github.com/ultralytics/yolov5
//
//   decoded: an output [1, predictions, 5 + classes], three a cell, in pixels: cx, cy, w, h, objectness, classes
//   raw: three outputs [1, 3, rows, columns, 5 + classes] for strides 8, 16, 32, without sigmoids: yolo-raw-heads.ts
//
// Input as of the later Ultralytics exports. Raw heads are read with the anchors of COCO: others are not in the file.
//
// Gains: data/hyps/hyp.scratch-low.yaml; `cls` is scaled by classes / 80 (train.py) and is of a mean over classes
// (utils/loss.py), so that each class of a prediction has 0.5 / 80. Its target of objectness is the CIoU, ours is 1.

const RAW_STRIDES = [8, 16, 32]
/** (w, h) in pixels, three a stride. */
const COCO_ANCHORS = [10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326]

export const yoloAnchors: Family = {
  version: 1,
  lossGains: { box: 0.05, obj: 1, cls: 0.5 / 80 },
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
  let slot = 0
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
    backward: {
      objectness(index, weight, into) {
        into[slot]![index * values + 4]! += weight
      },
      probability(index, classIndex, weight, into) {
        into[slot]![index * values + BEFORE_CLASSES + classIndex]! += weight
      },
      box(index, weights, into) {
        for (const [at, weight] of centredWeights(weights).entries()) into[slot]![index * values + at]! += weight
      },
    },
  }
  return (outputs) => {
    const output = firstOutput(outputs, [1, undefined, values])
    data = output.data
    slot = outputs.indexOf(output)
    count = output.dims[1]!
    return predictions
  }
}
