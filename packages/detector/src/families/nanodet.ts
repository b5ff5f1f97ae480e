import type { Descriptor } from '@fanlight/contracts'
import { cellCount, cellGrid } from '../cell-grid.ts'
import type { Family, Outputs, OutputTensor, Predictions } from '../family.ts'
import { firstOutput } from '../outputs.ts'
import { classNames, imageInput, outputShapes } from '../signature-reading.ts'

// NanoDet-m (RangiLyu 2020). https://github.com/RangiLyu/nanodet
//
//   for each stride s of 8, 16, 32: classes [1, cells, classes] after the sigmoid, and distances [1, cells, 4 · 8]
//   centre = ((column + ½) · s − ½, (row + ½) · s − ½)
//   left, top, right, bottom = s · Σ k · softmax(8 bins)ₖ (Generalized Focal Loss, Li et al. 2020, arXiv:2006.04388)
//   ∂left/∂binₖ = s · softmaxₖ · (k − left / s)
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
    let classes: readonly Level[] = []
    let distances: readonly Level[] = []
    const predictions: Predictions = {
      count,
      classCount,
      objectness: undefined,
      probability(index, classIndex) {
        const level = head[index]!
        return classes[level]!.data[(index - starts[level]!) * classCount + classIndex]!
      },
      box(index, into) {
        const level = head[index]!
        const pixels = stride[index]!
        const at = (index - starts[level]!) * SIDES * BINS
        for (let side = 0; side < SIDES; side++) {
          const centre = ((side % 2 === 0 ? column : row)[index]! + 0.5) * pixels - 0.5
          const distance = pixels * expectedBin(distances[level]!.data, at + side * BINS)
          into[side] = side < 2 ? centre - distance : centre + distance
        }
      },
      backward: {
        objectness: undefined,
        probability(index, classIndex, weight, into) {
          const level = head[index]!
          into[classes[level]!.slot]![(index - starts[level]!) * classCount + classIndex]! += weight
        },
        box(index, weights, into) {
          const { data, slot } = distances[head[index]!]!
          const at = (index - starts[head[index]!]!) * SIDES * BINS
          for (let side = 0; side < SIDES; side++) {
            const weight = weights[side]! * stride[index]! * (side < 2 ? -1 : 1)
            addBinSlopes(data, { at: at + side * BINS, weight, into: into[slot]! })
          }
        },
      },
    }
    return (outputs) => {
      const levelOf = (output: OutputTensor): Level => ({ data: output.data, slot: outputs.indexOf(output) })
      classes = sizes.map((size) => levelOf(firstOutput(outputs, [1, size, classCount])))
      distances = sizes.map((size) => levelOf(lastOutput(outputs, [1, size, SIDES * BINS])))
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
function lastOutput(outputs: Outputs, dims: readonly number[]): OutputTensor {
  return firstOutput(outputs.toReversed(), dims)
}

/** An output of one stride, and its place among the outputs. */
interface Level {
  readonly data: Float32Array
  readonly slot: number
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

/** Adds weight · ∂expectedBin/∂valueₖ = weight · softmaxₖ · (k − expectedBin). */
function addBinSlopes(
  data: Float32Array,
  { at, weight, into }: { at: number; weight: number; into: Float32Array },
): void {
  const values = data.subarray(at, at + BINS)
  const top = Math.max(...values)
  const powers = Array.from(values, (value) => Math.exp(value - top))
  const sum = powers.reduce((a, b) => a + b)
  const mean = expectedBin(data, at)
  for (const [bin, power] of powers.entries()) into[at + bin]! += weight * (power / sum) * (bin - mean)
}
