import { integerOf, type Weight } from './attributes.ts'
import { countOf, type Layer } from './layers.ts'
import { valuesOf } from './weight-values.ts'

/** A layer's weights, one row a filter: what makes one channel of its output. */
export interface Filters {
  readonly count: number
  /** Numbers of a filter: input channels of its group × kernel. */
  readonly size: number
  /** [count, size], row-major; a filter is [input channel, kernel row, kernel column]. */
  readonly values: Float32Array
  /** Filters of different groups look at different inputs: they are not compared. */
  readonly groups: number
  /** Sides of the kernel, rows before columns; [] where there is none. */
  readonly kernel: readonly number[]
}

/** @returns the filters, or why there are none to be read */
export function filtersOf(layer: Pick<Layer, 'op' | 'node'>, { tensor, input }: Weight): Filters | string {
  const values = valuesOf(tensor)
  if (typeof values === 'string') return values
  const dims = tensor.dims.map(Number)
  if (countOf(tensor) === 0) return 'its weights are empty'
  const { op, node } = layer
  if (op === 'Conv' && dims.length >= 2) {
    const groups = groupsOf(layer, dims[0]!)
    return { count: dims[0]!, size: values.length / dims[0]!, values, groups, kernel: dims.slice(2) }
  }
  if (op === 'ConvTranspose' && dims.length >= 2) return transposedFilters(values, dims, groupsOf(layer, dims[0]!))
  if ((op === 'Gemm' || op === 'MatMul') && dims.length === 2) {
    const [rows, columns] = dims as [number, number]
    // Of A·B with the weights as B a filter is a column of B, with the weights as A a row of A.
    const isLeft = input === 0
    const isTurned = op === 'Gemm' && integerOf(node, isLeft ? 'transA' : 'transB', 0) === 1
    const plain = { groups: 1, kernel: [] }
    if (isLeft !== isTurned) return { count: rows, size: columns, values, ...plain }
    return { count: columns, size: rows, values: turned(values, rows, columns), ...plain }
  }
  // Scales of a normalisation, slopes: a number a channel, or weights that no filter can be told in.
  return { count: values.length, size: 1, values, groups: 1, kernel: [] }
}

const groupsOf = ({ node }: Pick<Layer, 'node'>, channels: number): number => {
  const groups = integerOf(node, 'group', 1)
  return groups >= 1 && channels % groups === 0 ? groups : 1
}

/** [C, M ÷ groups, kernel…] → [M, C ÷ groups, kernel…] */
function transposedFilters(values: Float32Array, dims: readonly number[], groups: number): Filters {
  const [inputs, outputsOfGroup, ...kernel] = dims as [number, number, ...number[]]
  const area = kernel.reduce((product, side) => product * side, 1)
  const inputsOfGroup = inputs / groups
  const size = inputsOfGroup * area
  const sorted = new Float32Array(values.length)
  for (let input = 0; input < inputs; input++) {
    const group = Math.floor(input / inputsOfGroup)
    for (let output = 0; output < outputsOfGroup; output++) {
      const from = (input * outputsOfGroup + output) * area
      const to = (group * outputsOfGroup + output) * size + (input % inputsOfGroup) * area
      sorted.set(values.subarray(from, from + area), to)
    }
  }
  return { count: outputsOfGroup * groups, size, values: sorted, groups, kernel }
}

function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column]!
  }
  return result
}
