import { ElemType, type GraphEditor, type Model, type tensor } from '@fanlight/onnx'

export type Node = GraphEditor['nodes'][number]
export type Tensor = ReturnType<typeof tensor>

/** A node of the graph that computes something, under a name of its own. */
export interface Layer {
  /** The node's name; its first output's where it has none; numbered where another layer has that name. */
  readonly name: string
  readonly op: string
  readonly node: Node
}

/** The graph by names, read once: looking through all nodes for each name would take a large network minutes. */
export interface Layers {
  readonly all: readonly Layer[]
  /** Values that the file holds: initializers, Constant nodes, and whatever only passes one of them on. */
  readonly constants: ReadonlyMap<string, Tensor>
  /** Which layer makes a value. */
  readonly makers: ReadonlyMap<string, Layer>
}

/** Longer names are cut: they come from the file, and are shown. */
const MAX_NAME_LENGTH = 200

/** @param model as `decodeModel` gives it; the bodies of subgraphs (If, Loop, Scan) are not looked into */
export function layersOf(model: Model): Layers {
  const graph = model.graph!
  const constants = new Map(graph.initializer.map((held) => [held.name, held]))
  const makers = new Map<string, Layer>()
  const all: Layer[] = []
  const counts = new Map<string, number>()
  for (const node of graph.node) {
    const passed = passedOn(node, constants)
    if (passed) constants.set(node.output[0]!, passed)
    if (passed || isOp(node, 'Constant')) continue
    const layer = { name: freshName(node, counts), op: opOf(node), node }
    all.push(layer)
    for (const output of node.output) if (output !== '') makers.set(output, layer)
  }
  return { all, constants, makers }
}

function passedOn(node: Node, constants: ReadonlyMap<string, Tensor>): Tensor | undefined {
  if (isOp(node, 'Constant')) return node.attribute.find(({ name }) => name === 'value')?.t
  return isOp(node, 'Identity') ? constants.get(node.input[0] ?? '') : undefined
}

const isOp = ({ opType, domain }: Node, op: string) => opType === op && (domain === '' || domain === 'ai.onnx')

/** `Conv`, and `com.microsoft.FusedConv` for what is not ONNX's own. */
function opOf({ opType, domain }: Node): string {
  return (domain === '' || domain === 'ai.onnx' ? opType : `${domain}.${opType}`).slice(0, MAX_NAME_LENGTH)
}

function freshName(node: Node, counts: Map<string, number>): string {
  const stem = (node.name || node.output.find(Boolean) || node.opType).slice(0, MAX_NAME_LENGTH)
  for (;;) {
    const count = (counts.get(stem) ?? 0) + 1
    counts.set(stem, count)
    const name = count === 1 ? stem : `${stem} (${count})`
    if (name === stem || !counts.has(name)) {
      counts.set(name, Math.max(1, counts.get(name) ?? 0))
      return name
    }
  }
}

/** `float32`, `int8`, … */
export const typeName = (dataType: number): string => typeNames.get(dataType) ?? `type ${dataType}`

/** As numpy says it where it does. */
const typeNames: ReadonlyMap<number, string> = new Map(
  Object.entries(ElemType).map(([name, dataType]) => {
    return [dataType, name === 'FLOAT' ? 'float32' : name === 'DOUBLE' ? 'float64' : name.toLowerCase()]
  }),
)

export const countOf = ({ dims }: Pick<Tensor, 'dims'>): number =>
  dims.reduce((product, dim) => product * Number(dim), 1)
