import { attributeOf } from './attribute.ts'
import type { Model } from './codec.ts'
import type { NodeProto } from './generated/onnx_pb.ts'
import { type Dim, GraphEditor } from './graph.ts'
import { headModel } from './head-model.ts'
import { pruneDead } from './normal/dead.ts'
import { ElemType } from './tensor.ts'

// What a detection's score says of a feature map is decided by the few cells around its own: a head is a few
// convolutions of stride 1, and what comes behind them (anchors, exponentials, sigmoids) looks at one place at a time.
// So a network is cut twice: decoder ∘ heads ∘ rest. The gradient of a detection at what the heads make, its maps, is 0
// but for one cell; and from there to the neck it can be computed on a window of the feature map:
//
//   a window that holds all cells within `radius` of the cell, or ends where the map ends, gives the numbers of the map
//
// for the kernels see the map's own padding where the map ends, and wherever else the window ends what they see wrongly
// is more than a radius from the cell, and gets no gradient.

/** Element by element. */
const pointwise: ReadonlySet<string> = new Set([
  ...[
    'BatchNormalization',
    'Clip',
    'Elu',
    'Erf',
    'Exp',
    'Gelu',
    'HardSigmoid',
    'HardSwish',
    'Identity',
    'LeakyRelu',
    'Mish',
  ],
  ...['Neg', 'PRelu', 'Relu', 'Sigmoid', 'Softplus', 'Sqrt', 'Tanh'],
])
const binary: ReadonlySet<string> = new Set(['Add', 'Div', 'Max', 'Min', 'Mul', 'Sub', 'Sum'])
/** Along axis 1. */
const byChannel: ReadonlySet<string> = new Set(['Concat', 'Split'])

/** The part of a network that looks at one feature map, a few cells at a time. */
export interface LocalHead {
  /** The feature map [1, C, H, W]. */
  readonly neck: string
  /** What the head makes of it, in the same places: values [1, M, H, W]. */
  readonly maps: readonly string[]
  /** Cells on each side of a cell of `maps` that decide about it. */
  readonly radius: number
  /** `neck` → `maps`, of windows [rows, C, h, w], h and w being the smaller of 2 · radius + 1 and the map's own. */
  readonly model: Model
  /** Of the values of `model`. */
  readonly shapes: ReadonlyMap<string, readonly Dim[]>
}

/**
 * @param model as `normalised` gives it
 * @param shapes of all its float values
 * @param neck feature maps, as `neckOf` finds them
 * @returns one for each of `neck`; undefined where one of them is read by nothing but what looks at all of it
 */
export function localHeads(
  model: Model,
  shapes: ReadonlyMap<string, readonly Dim[]>,
  neck: readonly string[],
): readonly LocalHead[] | undefined {
  const heads = headModel(model, neck, shapes)
  const found = neck.map((name) => localHead(heads, shapes, name))
  return found.every((head) => head !== undefined) ? found : undefined
}

function localHead(heads: Model, shapes: ReadonlyMap<string, readonly Dim[]>, neck: string): LocalHead | undefined {
  const editor = new GraphEditor(heads)
  const { nodes, radii } = localPart(editor, shapes, neck)
  const outside = new Set(editor.nodes).difference(nodes)
  const read = new Set([...outside].flatMap(({ input }) => input))
  const maps = [...radii.keys()].filter((name) => read.has(name) || editor.isOutput(name))
  if (maps.length === 0 || maps.includes(neck)) return undefined
  const radius = Math.max(...maps.map((name) => radii.get(name)!))
  const window = shapes
    .get(neck)!
    .slice(2)
    .map((size) => Math.min(2 * radius + 1, Number(size)))
  const windowed = new Map([...radii.keys()].map((name) => [name, ['rows', shapes.get(name)![1], ...window]]))
  const graph = editor.model.graph!
  graph.input = []
  graph.output = []
  editor.addInput(neck, ElemType.FLOAT, windowed.get(neck)!)
  for (const name of maps) editor.addOutput(name, ElemType.FLOAT, windowed.get(name)!)
  pruneDead(editor)
  return { neck, maps, radius, model: editor.model, shapes: windowed }
}

/** The nodes that look at some cells of the feature map and make another of its size, and how far each value sees. */
function localPart(editor: GraphEditor, shapes: ReadonlyMap<string, readonly Dim[]>, neck: string) {
  const [, , height, width] = shapes.get(neck) ?? []
  const radii = new Map([[neck, 0]])
  const isMap = (value: string) => {
    const [batch, , ...sizes] = shapes.get(value) ?? []
    return batch !== undefined && sizes.length === 2 && sizes[0] === height && sizes[1] === width
  }
  const nodes = new Set<NodeProto>()
  for (const node of editor.nodes) {
    const reach = reachOf(node)
    const known = node.input.filter((name) => radii.has(name))
    const isHeld = (name: string) =>
      name === '' || (binary.has(node.opType) ? isUniform(editor, name) : editor.constant(name))
    if (reach === undefined || known.length === 0 || !node.output.every(isMap)) continue
    if (!node.input.every((name) => radii.has(name) || isHeld(name))) continue
    nodes.add(node)
    const radius = reach + Math.max(...known.map((name) => radii.get(name)!))
    for (const output of node.output) radii.set(output, radius)
  }
  return { nodes, radii }
}

/** How many cells away a node looks, along an axis; undefined for one that looks at more than some. */
function reachOf(node: NodeProto): number | undefined {
  const { opType } = node
  if (pointwise.has(opType) || binary.has(opType)) return 0
  if (byChannel.has(opType)) return Number(attributeOf(node, 'axis')?.i ?? 0n) === 1 ? 0 : undefined
  if (opType !== 'Conv' || attributeOf(node, 'strides')?.ints.some((stride) => stride !== 1n)) return undefined
  const kernel = attributeOf(node, 'kernel_shape')?.ints
  const pads = attributeOf(node, 'pads')?.ints ?? []
  if (kernel?.length !== 2) return undefined
  const dilations = attributeOf(node, 'dilations')?.ints ?? [1n, 1n]
  const lengths = kernel.map((size, i) => Number((size - 1n) * dilations[i]!))
  // What is padded by less than half of the kernel on one side is so by more on the other, as the map keeps its size.
  return Math.max(
    ...lengths.map((length, i) => (pads.length === 4 ? Math.max(Number(pads[i]), Number(pads[i + 2])) : length)),
  )
}

/** Whether a held value is the same in all places of a picture. */
function isUniform(editor: GraphEditor, name: string): boolean {
  return (
    editor
      .constant(name)
      ?.dims.slice(-2)
      .every((size) => size === 1n) ?? false
  )
}
