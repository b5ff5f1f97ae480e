import { isMessage } from '@bufbuild/protobuf'
import { type GraphProto, GraphProtoSchema, type NodeProto } from '../generated/onnx_pb.ts'
import { quoted } from '../quoted.ts'
import { messagesIn } from '../walk.ts'

/** The values that a node needs: its inputs, and what its subgraphs take from outside. */
export function usesOf(node: NodeProto): readonly string[] {
  const inputs = node.input.filter((name) => name !== '')
  return subgraphsOf(node).length === 0 ? inputs : [...inputs, ...subgraphsOf(node).flatMap(takenFromOutside)]
}

export function subgraphsOf(node: NodeProto): readonly GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g === undefined ? graphs : [g, ...graphs]))
}

function takenFromOutside({ node, initializer, input, output }: GraphProto): readonly string[] {
  const own = new Set([...[...initializer, ...input].map(({ name }) => name), ...node.flatMap((each) => each.output)])
  return [...node.flatMap(usesOf), ...output.map(({ name }) => name)].filter((name) => !own.has(name))
}

/** The nodes that some of the values depend on. @param nodes in an order in which they can run */
export function nodesBefore(nodes: readonly NodeProto[], values: Iterable<string>): readonly NodeProto[] {
  const needed = new Set(values)
  const found = nodes.toReversed().filter((node) => {
    const isNeeded = node.output.some((name) => needed.has(name))
    if (isNeeded) for (const name of usesOf(node)) needed.add(name)
    return isNeeded
  })
  return found.reverse()
}

/** The values, and all that depend on them. @param nodes in an order in which they can run */
export function valuesAfter(nodes: readonly NodeProto[], values: Iterable<string>): ReadonlySet<string> {
  const reached = new Set(values)
  for (const node of nodes) {
    if (usesOf(node).some((name) => reached.has(name))) {
      for (const name of node.output) if (name !== '') reached.add(name)
    }
  }
  return reached
}

/** Whether a node, itself or within, has a subgraph of that kind. */
export function hasNestedSubgraph(graph: GraphProto): boolean {
  for (const message of messagesIn(graph)) if (message !== graph && isMessage(message, GraphProtoSchema)) return true
  return false
}

/** A node in a message: its type, and its name or else what it makes. */
export function labelOf({ name, opType, output }: Pick<NodeProto, 'name' | 'opType' | 'output'>): string {
  const type = quoted(opType)
  return name === '' ? `the ${type} node that makes ${quoted(output[0] ?? '')}` : `the ${type} node ${quoted(name)}`
}
