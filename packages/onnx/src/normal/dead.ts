import type { GraphEditor } from '../graph.ts'
import { nodesBefore, usesOf } from './uses.ts'

/** Nodes and initializers that no output depends on go. Inputs stay: they are what a caller knows. */
export function pruneDead(editor: GraphEditor): void {
  const graph = editor.model.graph!
  const outputs = graph.output.map(({ name }) => name)
  const live = new Set(nodesBefore(graph.node, outputs))
  editor.replaceNodes((node) => (live.has(node) ? [node] : []))
  const used = new Set([...outputs, ...[...live].flatMap(usesOf)])
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name))
}
