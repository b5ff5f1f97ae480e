import type { Descriptor } from '@fanlight/contracts'
import { cellCount, cellGrid } from '../cell-grid.ts'
import type { Family, Outputs, Predictions } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { classNames, imageInput, outputShapes } from '../signature-reading.ts'

// NanoDet-m (RangiLyu 2020). https://github.com/RangiLyu/nanodet
//
//   for each stride s of 8, 16, 32: classes [1, cells, classes] after the sigmoid, and distances [1, cells, 4 · 8]
//   centre = ((column + ½) · s − ½, (row + ½) · s − ½)
//   left, top, right, bottom = s · Σ k · softmax(8 bins)ₖ (Generalized Focal Loss, Li et al. 2020, arXiv:2006.04388)
//   no objectness
//
// Input: BGR, (x − mean) / std, letterboxed to the centre, padded with black.

const STRIDES = [8, 16, 32]
const SIDES = 4
const BINS = 8
const MEAN: Triple = [103.53, 116.28, 123.675]
const STD: Triple = [57.375, 57.12, 58.395]

type Triple = Descriptor['preprocess']['mean']

export const nanodet: Family = {
  version: 1,
  expects: 'for each of strides 8, 16, 32 an output [1, cells, classes] and an output [1, cells, 32]',

  recognise(signature) {
    const input = imageInput(signature)
    const shapes = outputShapes(signature)
    if (!input || shapes.length !== 2 * STRIDES.length) return undefined
    const ofStride = (stride: number) =>
      shapes.flatMap((shape) =>
        shape?.length === 3 && shape[0] === 1 && shape[1] === cellCount(input.width, input.height, [stride])
          ? [shape[2]!]
          : [],
      )
    const [classCount, ...others] = new Set(STRIDES.map((stride) => classesOf(ofStride(stride))))
    if (!classCount || others.length > 0) return undefined
    return {
      inputName: input.name,
      width: input.width,
      height: input.height,
      preprocess: {
        channels: 'BGR',
        mean: MEAN,
        std: STD,
        resize: 'letterbox-center',
        pad: [-MEAN[0] / STD[0], -MEAN[1] / STD[1], -MEAN[2] / STD[2]],
      },
      classNames: classNames(signature, classCount),
      strides: STRIDES,
      anchors: [],
      nmsIou: 0.5,
    }
  },

  decoder({ width, height, strides, classNames }) {
    const classCount = classNames.length
    const { count, column, row, stride } = cellGrid(width, height, strides)
    const sizes = strides.map((pixels) => cellCount(width, height, [pixels]))
    const starts = sizes.map((_, head) => sizes.slice(0, head).reduce((sum, size) => sum + size, 0))
    const head = Uint8Array.from({ length: count }, (_, index) => starts.findLastIndex((start) => start <= index))
    let classes: readonly Float32Array[] = []
    let distances: readonly Float32Array[] = []
    const predictions: Predictions = {
      count,
      classCount,
      objectness: undefined,
      probability(index, classIndex) {
        const level = head[index]!
        return classes[level]![(index - starts[level]!) * classCount + classIndex]!
      },
      box(index, into) {
        const level = head[index]!
        const pixels = stride[index]!
        const at = (index - starts[level]!) * SIDES * BINS
        for (let side = 0; side < SIDES; side++) {
          const centre = ((side % 2 === 0 ? column : row)[index]! + 0.5) * pixels - 0.5
          const distance = pixels * expectedBin(distances[level]!, at + side * BINS)
          into[side] = side < 2 ? centre - distance : centre + distance
        }
      },
    }
    return (outputs) => {
      classes = sizes.map((size) => firstOutput(outputs, [1, size, classCount]).data)
      distances = sizes.map((size) => lastOutput(outputs, [1, size, SIDES * BINS]))
      return predictions
    }
  },
}

/** Of the two outputs of a stride: classes, when the other is distances. */
function classesOf([first, second]: readonly number[]): number | undefined {
  if (second === SIDES * BINS) return first
  return first === SIDES * BINS ? second : undefined
}

/** With 32 classes both look alike: the graph gives classes first. */
function lastOutput(outputs: Outputs, dims: readonly number[]): Float32Array {
  return firstOutput(outputs.toReversed(), dims).data
}

/** Σ k · softmax(values)ₖ over one side's bins. */
function expectedBin(data: Float32Array, at: number): number {
  let top = Number.NEGATIVE_INFINITY
  for (let bin = 0; bin < BINS; bin++) top = Math.max(top, data[at + bin]!)
  let sum = 0
  let weighted = 0
  for (let bin = 0; bin < BINS; bin++) {
    const weight = Math.exp(data[at + bin]! - top)
    sum += weight
    weighted += weight * bin
  }
  return weighted / sum
}
