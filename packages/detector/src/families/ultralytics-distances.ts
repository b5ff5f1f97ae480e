import type { Descriptor } from '@fanlight/contracts'
import { cellGrid } from '../cell-grid.ts'
import type { Distances, Outputs } from '../family.ts'

const SIDES = 4

/**
 * Of a run that gives the distribution beside the file's outputs (`distributionOf`): [1, bins, 4, predictions] as
 * Ultralytics' head has it, or [1, 4, bins, predictions], [1, 4, predictions, bins], [1, predictions, 4, bins].
 * @returns undefined where there is none, or for strides that are not known
 */
export function distancesIn(
  outputs: Outputs,
  count: number,
  { width, height, strides }: Descriptor,
): Distances | undefined {
  const slot = outputs.findIndex(({ dims }) => dims.length === 4 && dims.includes(SIDES) && dims.includes(count))
  const output = outputs[slot]
  const grid = cellGrid(width, height, strides)
  if (!output || grid.count !== count) return undefined
  const sizes = output.dims.slice(1)
  const steps = [sizes[1]! * sizes[2]!, sizes[2]!, 1]
  const [sideAxis, indexAxis] = [sizes.indexOf(SIDES), sizes.lastIndexOf(count)]
  const binAxis = 3 - sideAxis - indexAxis
  const at = (index: number, side: number, bin: number) =>
    index * steps[indexAxis]! + side * steps[sideAxis]! + bin * steps[binAxis]!
  return {
    bins: sizes[binAxis]!,
    logit: (index, side, bin) => output.data[at(index, side, bin)]!,
    backward({ index, side, bin }, weight, into) {
      into[slot]![at(index, side, bin)]! += weight
    },
    cell(index) {
      const stride = grid.stride[index]!
      return { x: (grid.column[index]! + 0.5) * stride, y: (grid.row[index]! + 0.5) * stride, stride }
    },
  }
}
