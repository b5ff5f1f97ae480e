import type { Dim } from '@fanlight/onnx'
import { integerOf, weightOf } from './attributes.ts'
import { countOf, type Layer, type Layers, type Tensor } from './layers.ts'

export type ShapeOf = (value: string) => readonly Dim[] | undefined

/**
 * Multiply-accumulates of one forward: one multiplication and one addition each, so half of what papers mostly call
 * FLOPs. Counted for Conv, ConvTranspose, Gemm, MatMul and their quantised forms, where the work of a detector lies:
 *
 *   Conv            numbers put out × kernel × input channels ÷ groups
 *   ConvTranspose   numbers taken in × kernel × output channels ÷ groups
 *   Gemm, MatMul    numbers put out × length of the inner products
 *
 * @returns 0 for other ops; undefined where the shapes are not known
 */
export function macsOf(layer: Layer, layers: Layers, shapeOf: ShapeOf): number | undefined {
  const { op, node } = layer
  switch (op) {
    case 'Conv':
    case 'ConvInteger':
    case 'QLinearConv':
      return times(numbersIn(shapeOf(node.output[0] ?? '')), perFilter(layer, layers, shapeOf))
    case 'ConvTranspose':
      return times(numbersIn(shapeOf(node.input[0] ?? '')), perFilter(layer, layers, shapeOf))
    case 'Gemm':
      return times(numbersIn(shapeOf(node.output[0] ?? '')), innerOfGemm(layer, shapeOf))
    case 'MatMul':
    case 'MatMulInteger':
    case 'QLinearMatMul':
      return times(numbersIn(shapeOf(node.output[0] ?? '')), size(shapeOf(node.input[0] ?? '')?.at(-1)))
    default:
      return 0
  }
}

/** Of weights [M, C ÷ groups, kernel…], or [C, M ÷ groups, kernel…] of a ConvTranspose. */
function perFilter(layer: Layer, layers: Layers, shapeOf: ShapeOf): number | undefined {
  const weight = weightOf(layer, layers)
  const input = layer.op === 'QLinearConv' ? 3 : 1
  const dims = weight?.tensor.dims.map(Number) ?? shapeOf(layer.node.input[input] ?? '')
  return dims && numbersIn(dims.slice(1))
}

function innerOfGemm({ node }: Layer, shapeOf: ShapeOf): number | undefined {
  const [rows, columns] = shapeOf(node.input[0] ?? '') ?? []
  return size(integerOf(node, 'transA', 0) === 1 ? rows : columns)
}

const size = (dim: Dim): number | undefined => (typeof dim === 'number' ? dim : undefined)

/** An open batch counts as 1; undefined where another size is open. */
function numbersIn(shape: readonly Dim[] | undefined): number | undefined {
  return shape?.reduce<number | undefined>(
    (product, dim, axis) => times(product, axis === 0 ? (size(dim) ?? 1) : size(dim)),
    1,
  )
}

const times = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a * b

/** Inputs of an op that training sets, beside its weights; those of others are constants of the computation. */
const learned: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [0, 1, 2],
  MatMul: [0, 1],
  // Its mean and variance are statistics of the data, which nobody counts as parameters.
  BatchNormalization: [1, 2],
  InstanceNormalization: [1, 2],
  LayerNormalization: [1, 2],
  GroupNormalization: [1, 2],
  PRelu: [1],
  LSTM: [1, 2, 3, 7],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
  ConvInteger: [1],
  MatMulInteger: [0, 1],
  QLinearConv: [3, 8],
  QLinearMatMul: [0, 3],
}

/**
 * The constants that are a layer's parameters: its weights, biases and scales. Of Add and Mul only a vector, as exports
 * write biases and scales; grids, anchors and strides, which have more axes, are no parameters. Of a float Gather its
 * table.
 */
export function parametersOf({ op, node }: Layer, { constants }: Layers): readonly Tensor[] {
  const inputs = node.input.flatMap((name) => constants.get(name) ?? [])
  if (op === 'Add' || op === 'Mul') return inputs.filter((held) => held.dims.length === 1 && countOf(held) > 1)
  if (op === 'Gather') return inputs.filter((held) => held === constants.get(node.input[0] ?? '') && isFloat(held))
  return (learned[op] ?? []).flatMap((at) => constants.get(node.input[at] ?? '') ?? [])
}

// TensorProto.DataType: FLOAT, FLOAT16, DOUBLE, BFLOAT16.
const isFloat = ({ dataType }: Tensor) => [1, 10, 11, 16].includes(dataType)
