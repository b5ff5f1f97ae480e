import { countOf, type Layer, type Layers, type Node, type Tensor } from './layers.ts'

/** What sets one layer of an op apart from another, as numbers or a word; what is as usual is left out. */
export type LayerAttributes = Readonly<Record<string, readonly number[] | string>>

/** Longer lists say nothing to a reader. */
const MAX_NUMBERS = 16
const MAX_TEXT_LENGTH = 60

/** What onnx.proto calls each, what is shown instead, and the usual value. */
const shown: readonly { readonly attribute: string; readonly name: string; readonly usual?: string }[] = [
  { attribute: 'kernel_shape', name: 'kernel' },
  { attribute: 'strides', name: 'stride', usual: '1' },
  { attribute: 'pads', name: 'padding', usual: '0' },
  { attribute: 'auto_pad', name: 'padding', usual: 'NOTSET' },
  { attribute: 'dilations', name: 'dilation', usual: '1' },
  { attribute: 'output_padding', name: 'output padding', usual: '0' },
  { attribute: 'group', name: 'groups', usual: '1' },
  { attribute: 'axis', name: 'axis' },
  { attribute: 'axes', name: 'axes' },
  { attribute: 'perm', name: 'order' },
  { attribute: 'alpha', name: 'alpha' },
  { attribute: 'mode', name: 'mode' },
  { attribute: 'transA', name: 'transposed A', usual: '0' },
  { attribute: 'transB', name: 'transposed B', usual: '0' },
  { attribute: 'to', name: 'to' },
]

export function attributesOf(layer: Layer, layers: Layers): LayerAttributes {
  const attributes: Record<string, readonly number[] | string> = {}
  for (const { attribute, name, usual } of shown) {
    const value = attributeValue(layer.node, attribute)
    const list = typeof value === 'string' ? [value] : (value ?? [])
    if (value !== undefined && list.length > 0 && !list.every((one) => String(one) === usual)) attributes[name] = value
  }
  const kernel = kernelShape(layer, layers)
  return kernel.length > 0 && !attributes.kernel ? { kernel, ...attributes } : attributes
}

function attributeValue(node: Node, wanted: string): readonly number[] | string | undefined {
  const found = node.attribute.find(({ name }) => name === wanted)
  if (!found) return undefined
  if (found.ints.length > 0) return found.ints.slice(0, MAX_NUMBERS).map(Number)
  if (found.s.length > 0) return new TextDecoder().decode(found.s.subarray(0, MAX_TEXT_LENGTH))
  if (found.type === FLOAT) return [Number(found.f.toPrecision(6))]
  return found.type === INT ? [Number(found.i)] : undefined
}

// AttributeProto.AttributeType
const FLOAT = 1
const INT = 2

/** The number of an integer attribute. */
export function integerOf(node: Node, name: string, usual: number): number {
  const found = node.attribute.find((attribute) => attribute.name === name)
  return found?.type === INT ? Number(found.i) : usual
}

/** At which input an op has its weights. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1],
  ConvTranspose: [1],
  Gemm: [1, 0],
  MatMul: [1, 0],
  BatchNormalization: [1],
  InstanceNormalization: [1],
  LayerNormalization: [1],
  GroupNormalization: [1],
  PRelu: [1],
  ConvInteger: [1],
  MatMulInteger: [1],
  QLinearConv: [3],
  QLinearMatMul: [3],
}

/** The constant that a layer weighs its input with. */
export interface Weight {
  readonly tensor: Tensor
  /** Which input of the node it is. */
  readonly input: number
}

/** @returns undefined for a layer without weights */
export function weightOf(
  { op, node }: Pick<Layer, 'op' | 'node'>,
  { constants }: Pick<Layers, 'constants'>,
): Weight | undefined {
  for (const input of weightInputs[op] ?? []) {
    const tensor = constants.get(node.input[input] ?? '')
    if (tensor) return { tensor, input }
  }
  return undefined
}

const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv'])
export const isConvolution = ({ op }: Pick<Layer, 'op'>): boolean => CONVOLUTIONS.has(op)

/** Sides of a convolution's kernel, rows before columns; [] of what is none. */
export function kernelShape(layer: Layer, layers: Layers): readonly number[] {
  if (!isConvolution(layer)) return []
  const weight = weightOf(layer, layers)
  return weight && countOf(weight.tensor) > 0 ? weight.tensor.dims.slice(2).map(Number) : []
}
