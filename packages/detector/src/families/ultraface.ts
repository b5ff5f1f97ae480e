import type { Family, Predictions } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { imageInput, outputShapes } from '../signature-reading.ts'

// UltraFace (Linzaer 2019). https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB
//
//   scores [1, priors, 2]: background, face, after the softmax
//   boxes [1, priors, 4]: x1, y1, x2, y2 as shares of the input's sides, decoded in the graph
//   no objectness
//
// Input: RGB, (x − 127) / 128, stretched.

const SCORES = 2
const FACE = 1
const SIDES = 4

export const ultraface: Family = {
  version: 1,
  expects: 'two outputs, [1, priors, 2] (background, face) and [1, priors, 4] (x1, y1, x2, y2 of 0..1)',

  recognise(signature) {
    const input = imageInput(signature)
    const [first, second, third] = outputShapes(signature)
    if (!input || !first || !second || third || first.length !== 3 || second.length !== 3) return undefined
    const [narrow, wide] = first[2]! < second[2]! ? [first, second] : [second, first]
    if (narrow[0] !== 1 || narrow[1] !== wide[1] || narrow[2] !== SCORES || wide[2] !== SIDES) return undefined
    return {
      inputName: input.name,
      width: input.width,
      height: input.height,
      preprocess: {
        channels: 'RGB',
        mean: [127, 127, 127],
        std: [128, 128, 128],
        resize: 'stretch',
        pad: [0, 0, 0],
      },
      classNames: ['face'],
      strides: [],
      anchors: [],
      nmsIou: 0.3,
    }
  },

  decoder({ width, height }) {
    let scores: Float32Array = new Float32Array()
    let boxes: Float32Array = new Float32Array()
    let count = 0
    let slots = { scores: 0, boxes: 0 }
    const predictions: Predictions = {
      get count() {
        return count
      },
      classCount: 1,
      objectness: undefined,
      probability: (index) => scores[index * SCORES + FACE]!,
      box(index, into) {
        for (let side = 0; side < SIDES; side++) {
          into[side] = boxes[index * SIDES + side]! * (side % 2 === 0 ? width : height)
        }
      },
      backward: {
        objectness: undefined,
        probability(index, _, weight, into) {
          into[slots.scores]![index * SCORES + FACE]! += weight
        },
        box(index, weights, into) {
          const cotangent = into[slots.boxes]!
          for (let side = 0; side < SIDES; side++) {
            cotangent[index * SIDES + side]! += weights[side]! * (side % 2 === 0 ? width : height)
          }
        },
      },
    }
    return (outputs) => {
      const output = firstOutput(outputs, [1, undefined, SCORES])
      scores = output.data
      count = output.dims[1]!
      const corners = firstOutput(outputs, [1, count, SIDES])
      boxes = corners.data
      slots = { scores: outputs.indexOf(output), boxes: outputs.indexOf(corners) }
      return predictions
    }
  },
}
