import type { ModelSignature } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { centredWeights } from '../centred-weights.ts'
import type { Family, Predictions, Recognised } from '../family.ts'
import { fanlightMetadata } from '../fanlight-metadata.ts'
import { firstOutput } from '../outputs.ts'
import { sigmoid, sigmoidSlope } from '../sigmoid.ts'
import { imageInput, soleShape } from '../signature-reading.ts'

// Tiny YOLOv2 (Redmon & Farhadi 2017, arXiv:1612.08242): the raw grid of cells of 32 pixels.
//
//   output [1, anchors · (5 + classes), rows, columns], channels of an anchor: x, y, w, h, objectness, classes
//   cx = (column + σ(x)) · 32    cy = (row + σ(y)) · 32    w = e^w · anchor · 32    h = e^h · anchor · 32
//   objectness = σ; class probabilities = softmax; without class channels there is one class of probability 1
//   ∂cx/∂x = 32 σ(x) (1 − σ(x))    ∂w/∂w = w    ∂pᵢ/∂classⱼ = pᵢ (δᵢⱼ − pⱼ)
//
// Two networks have it: the face detector of face-api.js (25 channels; our own file says `fanlight.family`), and the
// one trained on VOC in ONNX's model zoo (125 channels; RGB 0..255, stretched).

const CELL = 32
const BEFORE_CLASSES = 5

const VOC_NAMES = [
  ...['aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow', 'diningtable', 'dog'],
  ...['horse', 'motorbike', 'person', 'pottedplant', 'sheep', 'sofa', 'train', 'tvmonitor'],
]

type Network = Pick<Recognised, 'preprocess' | 'classNames' | 'anchors' | 'nmsIou'>

const FACES: Network = {
  preprocess: {
    channels: 'RGB',
    mean: [117.001, 114.697, 97.404],
    std: [255, 255, 255],
    resize: 'letterbox-top-left',
    // Black.
    pad: [-117.001 / 255, -114.697 / 255, -97.404 / 255],
  },
  classNames: ['face'],
  anchors: [1.603231, 2.094468, 6.041143, 7.080126, 2.882459, 3.518061, 4.266906, 5.178857, 9.041765, 10.66308],
  nmsIou: 0.4,
}

const VOC: Network = {
  preprocess: { channels: 'RGB', mean: [0, 0, 0], std: [1, 1, 1], resize: 'stretch', pad: [0, 0, 0] },
  classNames: VOC_NAMES,
  anchors: [1.08, 1.19, 3.42, 4.41, 6.63, 11.38, 9.42, 5.11, 16.62, 10.52],
  nmsIou: 0.45,
}

export const tinyYolov2: Family = {
  version: 1,
  expects: 'one output [1, 25 (faces) or 125 (VOC), height / 32, width / 32]',

  recognise(signature) {
    const input = imageInput(signature)
    const [, channels, rows, columns] = soleShape(signature, 4) ?? []
    if (!input || !channels || rows !== input.height / CELL || columns !== input.width / CELL) return undefined
    const network = [named(signature), FACES, VOC].find((known) => known && channelsOf(known) === channels)
    return network && { inputName: input.name, width: input.width, height: input.height, strides: [CELL], ...network }
  },

  decoder({ width, height, anchors, classNames }) {
    const columns = width / CELL
    const rows = height / CELL
    const cells = rows * columns
    const classCount = classNames.length
    const channels = channelsOf({ anchors, classNames })
    const values = channels / (anchors.length / 2)
    let data: Float32Array = new Float32Array()
    let slot = 0
    const place = (index: number, offset: number) =>
      (Math.floor(index / cells) * values + offset) * cells + (index % cells)
    const valueAt = (index: number, offset: number) => data[place(index, offset)]!
    const predictions: Predictions = {
      count: cells * (anchors.length / 2),
      classCount,
      objectness: (index) => sigmoid(valueAt(index, 4)),
      probability(index, classIndex) {
        if (classCount === 1) return 1
        let sum = 0
        for (let other = 0; other < classCount; other++) sum += Math.exp(valueAt(index, BEFORE_CLASSES + other))
        return Math.exp(valueAt(index, BEFORE_CLASSES + classIndex)) / sum
      },
      box(index, into) {
        const anchor = 2 * Math.floor(index / cells)
        const cell = index % cells
        const x = ((cell % columns) + sigmoid(valueAt(index, 0))) * CELL
        const y = (Math.floor(cell / columns) + sigmoid(valueAt(index, 1))) * CELL
        const halfWidth = (Math.exp(valueAt(index, 2)) * anchors[anchor]! * CELL) / 2
        const halfHeight = (Math.exp(valueAt(index, 3)) * anchors[anchor + 1]! * CELL) / 2
        into[0] = x - halfWidth
        into[1] = y - halfHeight
        into[2] = x + halfWidth
        into[3] = y + halfHeight
      },
      exclusiveClasses: true,
      backward: {
        objectness(index, weight, into) {
          into[slot]![place(index, 4)]! += weight * sigmoidSlope(valueAt(index, 4))
        },
        probability(index, classIndex, weight, into) {
          if (classCount === 1) return
          const scale = weight * predictions.probability(index, classIndex)
          for (let other = 0; other < classCount; other++) {
            const same = other === classIndex ? 1 : 0
            into[slot]![place(index, BEFORE_CLASSES + other)]! += scale * (same - predictions.probability(index, other))
          }
        },
        box(index, weights, into) {
          const anchor = 2 * Math.floor(index / cells)
          const [x, y, w, h] = centredWeights(weights)
          const cotangent = into[slot]!
          cotangent[place(index, 0)]! += x * sigmoidSlope(valueAt(index, 0)) * CELL
          cotangent[place(index, 1)]! += y * sigmoidSlope(valueAt(index, 1)) * CELL
          cotangent[place(index, 2)]! += w * Math.exp(valueAt(index, 2)) * anchors[anchor]! * CELL
          cotangent[place(index, 3)]! += h * Math.exp(valueAt(index, 3)) * anchors[anchor + 1]! * CELL
        },
      },
    }
    return (outputs) => {
      const output = firstOutput(outputs, [1, channels, rows, columns])
      data = output.data
      slot = outputs.indexOf(output)
      return predictions
    }
  },
}

/** One class needs no class channels. */
function channelsOf({ anchors, classNames }: Pick<Network, 'anchors' | 'classNames'>): number {
  return (anchors.length / 2) * (BEFORE_CLASSES + (classNames.length > 1 ? classNames.length : 0))
}

/** The network that the metadata of a file of ours describes. */
function named(signature: ModelSignature): Network | undefined {
  if (signature.metadata['fanlight.family'] !== 'tiny-yolov2') return undefined
  const classNames = fanlightMetadata(signature, 'classes')
  const anchors = fanlightMetadata(signature, 'anchors')
  if (classNames && anchors) return { ...FACES, classNames, anchors }
  throw new InputError('MODEL_INVALID', "the file's metadata lacks fanlight.classes or fanlight.anchors")
}
