import { InputError } from '@fanlight/ports'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { attributeOf } from './attribute.ts'
import type { Model } from './codec.ts'
import { changed } from './copy.ts'
import type { NodeProto, TensorProto } from './generated/onnx_pb.ts'
import { GraphEditor } from './graph.ts'
import { sortNodes } from './normal/order.ts'
import { ElemType } from './tensor.ts'

export interface RandomisedOptions {
  readonly seed: number
  /** Share of the layers, from the outputs backwards, (0, 1]; one at least. */
  readonly layers: number
}

/** Inputs that may be a layer's weights, the likeliest first. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1],
  ConvTranspose: [1],
  Gemm: [1, 0],
  MatMul: [1, 0],
}

/** Bytes of an element of the types that weights have. */
const ELEMENT_BYTES = new Map<number, number>([
  [ElemType.FLOAT, 4],
  [ElemType.DOUBLE, 8],
  [ElemType.FLOAT16, 2],
  [ElemType.BFLOAT16, 2],
])

/**
 * The network with the weights of its last layers in another order: cascading randomisation (Adebayo et al. 2018,
 * Sanity checks for saliency maps), by which a map that does not depend on what was learned is found out. Each tensor
 * keeps its own values, and so their distribution, at other places; biases and normalisation stay. Layers are the Conv,
 * ConvTranspose, Gemm and MatMul nodes with float weights, counted in the order in which they run. With one seed a
 * larger share changes what a smaller one does in the same way, and more. The same bits each time.
 * @throws InputError `MODEL_UNSUPPORTED` for a network without such layers; `MODEL_INVALID` for a graph that is none
 */
export function randomised(model: Model, { seed, layers }: RandomisedOptions): Model {
  const editor = new GraphEditor(model)
  editor.sealInitializers()
  sortNodes(editor)
  const found = layersIn(editor)
  if (found.length === 0) {
    const what = 'no layer of the network has float weights, so that none can be drawn anew'
    throw new InputError('MODEL_UNSUPPORTED', `${what}: export it in float32`)
  }
  const generator = xoroshiro128plus(seed)
  const drawn = new Map<TensorProto, string>()
  const inputs = new Map<NodeProto, string[]>()
  for (const { node, input, weights } of found.slice(-Math.ceil(layers * found.length)).reverse()) {
    // Layers that share weights go on sharing them.
    let name = drawn.get(weights)
    if (name === undefined) {
      name = editor.freshName(weights.name || 'weights')
      editor.addInitializer(shuffled(weights, name, generator.clone()))
      generator.jump()
      drawn.set(weights, name)
    }
    inputs.set(node, node.input.with(input, name))
  }
  editor.replaceNodes((node) => {
    const input = inputs.get(node)
    return [input ? changed(node, { input }) : node]
  })
  return editor.model
}

interface Layer {
  readonly node: NodeProto
  readonly input: number
  readonly weights: TensorProto
}

/** In the order in which they run. */
function layersIn({ model, nodes }: GraphEditor): readonly Layer[] {
  const held = new Map(model.graph!.initializer.map((initializer) => [initializer.name, initializer]))
  const layers: Layer[] = []
  for (const node of nodes) {
    const { opType, input, output } = node
    const [name] = output
    // Exporters that find two tensors alike keep one, and an Identity of it.
    const constant = opType === 'Constant' ? attributeOf(node, 'value')?.t : held.get(input[0] ?? '')
    if (name && constant && (opType === 'Constant' || opType === 'Identity')) held.set(name, constant)
    if (!Object.hasOwn(WEIGHTS, opType)) continue
    const at = WEIGHTS[opType]!.find((at) => ELEMENT_BYTES.has(held.get(input[at] ?? '')?.dataType ?? 0))
    if (at !== undefined) layers.push({ node, input: at, weights: held.get(input[at]!)! })
  }
  return layers
}

type Generator = ReturnType<typeof xoroshiro128plus>

function shuffled(weights: TensorProto, name: string, generator: Generator): TensorProto {
  const { dataType, rawData, floatData, doubleData, int32Data } = weights
  if (rawData.length > 0) {
    const bytes = new Uint8Array(rawData)
    shuffle(elementsIn(bytes, ELEMENT_BYTES.get(dataType)!), generator)
    return changed(weights, { name, rawData: bytes })
  }
  const listed = { floatData: [...floatData], doubleData: [...doubleData], int32Data: [...int32Data] }
  for (const values of Object.values(listed)) shuffle(values, generator)
  return changed(weights, { name, ...listed })
}

/** Whatever its bytes say, an element moves as a whole. */
function elementsIn({ buffer }: Uint8Array<ArrayBuffer>, size: number): List<unknown> {
  if (size === 8) return new BigUint64Array(buffer)
  return size === 4 ? new Uint32Array(buffer) : new Uint16Array(buffer)
}

interface List<T> {
  readonly length: number
  [index: number]: T
}

/** Fisher and Yates' (Durstenfeld 1964): every order is as likely. */
function shuffle<T>(values: List<T>, generator: Generator): void {
  for (let last = values.length - 1; last > 0; last--) {
    const other = uniformInt(generator, 0, last)
    const value = values[last]!
    values[last] = values[other]!
    values[other] = value
  }
}
