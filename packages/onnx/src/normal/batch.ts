import { create } from '@bufbuild/protobuf'
import { attributeOf, int } from '../attribute.ts'
import { changed } from '../copy.ts'
import {
  type NodeProto,
  type TensorProto,
  TensorShapeProto_DimensionSchema,
  type ValueInfoProto,
} from '../generated/onnx_pb.ts'
import { type GraphEditor, newNode } from '../graph.ts'
import { integersIn } from '../tensor.ts'
import { heldIntegers, reformed } from './upgrade-node.ts'

const MAX_RANK = 16

type Initializers = ReadonlyMap<string, TensorProto>

/**
 * Inputs made for one image take any number of them, under the name `batch`; so do the outputs, and what the exporter
 * wrote of the one image inside. That is right where the batch is the first axis throughout. Elsewhere two images fail
 * or come out different: whoever uses a batch compares first. Leaves inputs of another batch, or an open one, alone.
 */
export function freeBatch(editor: GraphEditor): void {
  const graph = editor.model.graph!
  const initializers = new Map(graph.initializer.map((each) => [each.name, each]))
  const fixed = graph.input.filter((input) => !initializers.has(input.name) && isOfOne(input)).map(({ name }) => name)
  const image = fixed[0]
  if (image === undefined) return
  graph.input = graph.input.map((input) => (fixed.includes(input.name) ? withOpenBatch(input) : input))

  const batch = editor.freshName('fanlight.batch')
  const reached = new Set(fixed)
  let isUsed = false
  editor.replaceNodes((node) => {
    const nodes = opened(editor, node, { initializers, reached, batch })
    isUsed ||= nodes.length > 1
    // What is computed from sizes alone, as grids of anchors are, has no batch.
    const carries = node.opType !== 'Shape' && node.opType !== 'Size' && node.input.some((name) => reached.has(name))
    if (carries || (node.opType === 'Expand' && nodes.length > 1)) for (const name of node.output) reached.add(name)
    return nodes
  })
  const attributes = { start: int(0), end: int(1) }
  if (isUsed) editor.addNode('Shape', { inputs: [image], outputs: [batch], attributes, at: 'start' })
  graph.output = graph.output.map((output) =>
    reached.has(output.name) && isOfOne(output) ? withOpenBatch(output) : output,
  )
}

interface Batch {
  readonly initializers: Initializers
  /** Values that have a batch. */
  readonly reached: ReadonlySet<string>
  /** The value that holds its size, as a list of one. */
  readonly batch: string
}

function opened(editor: GraphEditor, node: NodeProto, { initializers, reached, batch }: Batch): readonly NodeProto[] {
  const hasBatch = node.input.some((name) => reached.has(name))
  if (node.opType === 'Expand' && !hasBatch) return expandedConstant(editor, node, initializers, batch)
  if (node.opType === 'Reshape' && hasBatch) return [openReshape(editor, node, initializers)]
  return node.opType === 'Concat' && hasBatch ? repeatedConstants(editor, node, initializers, batch) : [node]
}

function tensorTypeOf({ type }: ValueInfoProto) {
  return type?.value.case === 'tensorType' ? type.value.value : undefined
}

/** A single number for the whole network has no batch: at least two axes. */
function isOfOne(value: ValueInfoProto): boolean {
  const dims = tensorTypeOf(value)?.shape?.dim ?? []
  return dims.length >= 2 && dims[0]!.value.case === 'dimValue' && dims[0]!.value.value === 1n
}

function withOpenBatch(value: ValueInfoProto): ValueInfoProto {
  const tensorType = tensorTypeOf(value)!
  const first = create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: 'batch' } })
  const shape = changed(tensorType.shape!, { dim: [first, ...tensorType.shape!.dim.slice(1)] })
  const opened = changed(tensorType, { shape })
  return changed(value, { type: changed(value.type!, { value: { case: 'tensorType', value: opened } }) })
}

/**
 * Where all sizes are given, the first may be computed: for one image that changes nothing. Where another one is
 * computed already, a first size of 1 is taken from the input, whose first size it should be.
 */
function openReshape(editor: GraphEditor, node: NodeProto, initializers: Initializers): NodeProto {
  const [input, shape] = node.input as [string, string]
  const [first, ...others] = sizesIn(initializers.get(shape))
  const takesZeros = attributeOf(node, 'allowzero')?.i !== 1n
  const isComputed = others.includes(-1)
  const replaced = isComputed
    ? first === 1 && takesZeros
    : first !== undefined && first > 0 && !(others.includes(0) && !takesZeros)
  if (!replaced) return node
  const opened = [isComputed ? 0 : -1, ...others].map(BigInt)
  return reformed(node, { inputs: [input, heldIntegers(editor, node, 'shape', opened)] })
}

/** A constant [1, …] that is joined to images along another axis, as a class token is, is repeated for each image. */
function repeatedConstants(
  editor: GraphEditor,
  node: NodeProto,
  initializers: Initializers,
  batch: string,
): readonly NodeProto[] {
  const axis = Number(attributeOf(node, 'axis')?.i ?? 0)
  const added: NodeProto[] = []
  const inputs = node.input.map((name, i) => {
    const { dims = [] } = initializers.get(name) ?? {}
    if (dims.length < 2 || dims.length > MAX_RANK || dims[0] !== 1n || axis === 0 || axis === -dims.length) return name
    const ones = heldIntegers(
      editor,
      node,
      'ones',
      dims.slice(1).map(() => 1n),
    )
    const shape = editor.freshName(`${node.output[0]}.repeated_shape_${i}`)
    const repeated = editor.freshName(`${node.output[0]}.repeated_${i}`)
    added.push(newNode('Concat', { inputs: [batch, ones], outputs: [shape], attributes: { axis: int(0) } }))
    added.push(newNode('Expand', { inputs: [name, shape], outputs: [repeated] }))
    return repeated
  })
  return added.length === 0 ? [node] : [...added, reformed(node, { inputs })]
}

/** A constant that is expanded to [1, …] is so for the batch, as class tokens and queries are. */
function expandedConstant(
  editor: GraphEditor,
  node: NodeProto,
  initializers: Initializers,
  batch: string,
): readonly NodeProto[] {
  const sizes = sizesIn(initializers.get(node.input[1] ?? ''))
  if (sizes.length < 3 || sizes[0] !== 1) return [node]
  const others = heldIntegers(editor, node, 'sizes', sizes.slice(1).map(BigInt))
  const shape = editor.freshName(`${node.output[0]}.shape`)
  return [
    newNode('Concat', { inputs: [batch, others], outputs: [shape], attributes: { axis: int(0) } }),
    reformed(node, { inputs: [node.input[0]!, shape] }),
  ]
}

/** The entries of a shape; none where it is not held. */
function sizesIn(held: TensorProto | undefined): readonly number[] {
  return held?.dims.length === 1 && held.dims[0]! <= MAX_RANK ? (integersIn(held) ?? []) : []
}
