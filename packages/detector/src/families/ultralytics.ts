import type { Descriptor } from '@fanlight/contracts'
import type { ModelSignature } from '@fanlight/onnx'
import { stridesOf } from '../cell-grid.ts'
import { centredWeights } from '../centred-weights.ts'
import type { Family, Outputs, OutputTensor, Predictions } from '../family.ts'
import { findOutput, firstOutput } from '../outputs.ts'
import { classNames, type ImageInput, imageInput, soleShape } from '../signature-reading.ts'
import { ultralyticsMetadata } from '../ultralytics-metadata.ts'
import { distancesIn } from './ultralytics-distances.ts'
import { YOLOX_NMS_IOU, yoloxPreprocess } from './yolox.ts'

// Ultralytics exports: YOLOv3u, v5u, v8, v9, 11 and whatever else has their heads.
// https://docs.ultralytics.com/modes/export
//
//   output [1, 4 + classes, predictions], in pixels: cx, cy, w, h, then class probabilities; no objectness
//   or, end to end (YOLOv10, YOLO26, `nms=True`): [1, rows, 6]: x1, y1, x2, y2, probability, class
//
// Input: RGB, x / 255, letterboxed to the centre, padded with 114.
//
// Gains: ultralytics/cfg/default.yaml. Class targets are 1 here; its assigner weighs them with the match's quality.
//
// A file of the first layout without Ultralytics' metadata whose graph begins with a Focus (four slices joined) is a
// YOLOX network that somebody decoded in the graph: Ultralytics has built no such stem since YOLOv5 6.0, whose own
// layout is another. It gets YOLOX's preprocessing, unless `--family ultralytics` says otherwise.

const BOX = 4
const ROW = 6
/** Rows that end-to-end heads give by default; only metadata tells others from YOLOX and YOLOv5 with one class. */
const USUAL_ROWS = 300

export const ultralyticsPreprocess: Descriptor['preprocess'] = {
  channels: 'RGB',
  mean: [0, 0, 0],
  std: [255, 255, 255],
  resize: 'letterbox-center',
  pad: [114 / 255, 114 / 255, 114 / 255],
}

export const ultralytics: Family = {
  version: 1,
  lossGains: { box: 7.5, obj: 1, cls: 0.5, dfl: 1.5 },
  expects:
    'one output [1, 4 + classes, predictions], or [1, rows, 6] from an end-to-end head (with Ultralytics metadata, or 300 rows)',

  recognise(signature, forced) {
    const input = imageInput(signature)
    const [, first, second] = soleShape(signature, 3) ?? []
    if (!input || !first || !second) return undefined
    const metadata = ultralyticsMetadata(signature)
    if (second === ROW && (metadata?.endToEnd || first === USUAL_ROWS || forced)) return endToEnd(signature, input)

    const classCount = first - BOX
    const strides = stridesOf(input.width, input.height, second)
    const named = metadata?.names?.length === classCount
    if (classCount < 1 || !(named || strides || (forced && first < second))) return undefined
    const relayout = signature.focusStem && !metadata && !forced
    return {
      ...common(signature, input, classCount),
      strides: [...(strides ?? [])],
      ...(relayout ? { preprocess: yoloxPreprocess, nmsIou: YOLOX_NMS_IOU } : {}),
    }
  },

  decoder(descriptor) {
    const { classNames } = descriptor
    const columns = columnReader(descriptor)
    const rows = rowReader(classNames.length)
    return (outputs) => {
      // No grid has as few as six cells.
      const ended = findOutput(outputs, [1, undefined, ROW])
      return ended
        ? rows(ended, outputs)
        : columns(firstOutput(outputs, [1, BOX + classNames.length, undefined]), outputs)
    }
  },
}

function common(signature: ModelSignature, input: ImageInput, classCount: number) {
  return {
    inputName: input.name,
    width: input.width,
    height: input.height,
    preprocess: ultralyticsPreprocess,
    classNames: classNames(signature, classCount),
    strides: [],
    anchors: [],
    nmsIou: 0.7,
  }
}

/** Nothing is left to suppress, and no IoU is above 1. */
function endToEnd(signature: ModelSignature, input: ImageInput) {
  const classCount = ultralyticsMetadata(signature)?.names?.length ?? 80
  return { ...common(signature, input, classCount), nmsIou: 1 }
}

type Reader = (output: OutputTensor, outputs: Outputs) => Predictions

function columnReader(descriptor: Descriptor): Reader {
  const classCount = descriptor.classNames.length
  let data: Float32Array = new Float32Array()
  let count = 0
  let slot = 0
  let all: Outputs = []
  const predictions: Predictions = {
    get count() {
      return count
    },
    classCount,
    objectness: undefined,
    probability: (index, classIndex) => data[(BOX + classIndex) * count + index]!,
    box(index, into) {
      const x = data[index]!
      const y = data[count + index]!
      const halfWidth = data[2 * count + index]! / 2
      const halfHeight = data[3 * count + index]! / 2
      into[0] = x - halfWidth
      into[1] = y - halfHeight
      into[2] = x + halfWidth
      into[3] = y + halfHeight
    },
    get distances() {
      return distancesIn(all, count, descriptor)
    },
    backward: {
      objectness: undefined,
      probability(index, classIndex, weight, into) {
        into[slot]![(BOX + classIndex) * count + index]! += weight
      },
      box(index, weights, into) {
        for (const [value, weight] of centredWeights(weights).entries()) into[slot]![value * count + index]! += weight
      },
    },
  }
  return (output, outputs) => {
    data = output.data
    slot = outputs.indexOf(output)
    count = output.dims[2]!
    all = outputs
    return predictions
  }
}

function rowReader(classCount: number): Reader {
  let data: Float32Array = new Float32Array()
  let count = 0
  let slot = 0
  const predictions: Predictions = {
    get count() {
      return count
    },
    classCount,
    objectness: undefined,
    probability: (index, classIndex) => (data[index * ROW + 5] === classIndex ? data[index * ROW + 4]! : 0),
    box(index, into) {
      for (let side = 0; side < BOX; side++) into[side] = data[index * ROW + side]!
    },
    backward: {
      objectness: undefined,
      probability(index, classIndex, weight, into) {
        if (data[index * ROW + 5] === classIndex) into[slot]![index * ROW + 4]! += weight
      },
      box(index, weights, into) {
        for (let side = 0; side < BOX; side++) into[slot]![index * ROW + side]! += weights[side]!
      },
    },
  }
  return (output, outputs) => {
    data = output.data
    slot = outputs.indexOf(output)
    count = output.dims[1]!
    return predictions
  }
}
