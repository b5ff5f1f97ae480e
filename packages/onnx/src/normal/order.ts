import { InputError } from '@fanlight/ports'
import type { GraphProto, NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { quoted } from '../quoted.ts'
import { labelOf, usesOf } from './uses.ts'

const MAX_SHOWN = 8

/**
 * Nodes stand in an order in which they can run; those that do already stay where they are.
 * @throws InputError `MODEL_INVALID` when nodes wait for each other, when nothing makes a value that is used, or when
 *   two things make one
 */
export function sortNodes(editor: GraphEditor): void {
  const graph = editor.model.graph!
  const makers = makersIn(graph)
  const needs = new Map(graph.node.map((node) => [node, needsOf(node, makers)]))
  for (const { name } of graph.output) {
    if (!makers.has(name)) throw invalid(`nothing makes the output ${quoted(name)}`, 'Export the model again')
  }
  if (isSorted(needs)) return
  const sorted = kahn(needs)
  if (sorted.length < graph.node.length) {
    const circle = circleIn(needs, new Set(sorted))
    const shown = circle.slice(0, MAX_SHOWN).map(labelOf).join(', which waits for ')
    const rest = circle.length > MAX_SHOWN ? `, … (${circle.length} nodes)` : ''
    throw invalid(`the graph has a cycle: ${shown}${rest}, and so on for ever`, 'Export the model again')
  }
  let next = 0
  editor.replaceNodes(() => [sorted[next++]!])
}

/** By value: the node that makes it; undefined for inputs and initializers. */
function makersIn({ node, input, initializer }: GraphProto): ReadonlyMap<string, NodeProto | undefined> {
  const makers = new Map<string, NodeProto | undefined>()
  const add = (name: string, maker: NodeProto | undefined) => {
    if (makers.has(name)) {
      const first = makers.get(name)
      const who = [first, maker].map((each) => (each === undefined ? 'an input or an initializer' : labelOf(each)))
      throw invalid(`the value ${quoted(name)} is made twice: by ${who.join(' and by ')}`, 'Export the model again')
    }
    makers.set(name, maker)
  }
  for (const { name } of initializer) add(name, undefined)
  const initializers = new Set(makers.keys())
  // Old files list initializers among the inputs, once.
  const inputs = new Set<string>()
  for (const { name } of input) {
    if (!initializers.has(name) || inputs.has(name)) add(name, undefined)
    inputs.add(name)
  }
  for (const each of node) for (const name of each.output) if (name !== '') add(name, each)
  return makers
}

function needsOf(node: NodeProto, makers: ReadonlyMap<string, NodeProto | undefined>): ReadonlySet<NodeProto> {
  const needs = usesOf(node).map((name) => {
    if (makers.has(name)) return makers.get(name)
    throw invalid(`${labelOf(node)} uses ${quoted(name)}, which nothing makes`, 'Export the model again')
  })
  return new Set(needs.filter((need) => need !== undefined))
}

type Needs = ReadonlyMap<NodeProto, ReadonlySet<NodeProto>>

function isSorted(needs: Needs): boolean {
  const seen = new Set<NodeProto>()
  for (const [node, before] of needs) {
    for (const need of before) if (!seen.has(need)) return false
    seen.add(node)
  }
  return true
}

/** Kahn 1962, Topological sorting of large networks. Without the nodes that wait for each other. */
function kahn(needs: Needs): readonly NodeProto[] {
  const users = new Map<NodeProto, NodeProto[]>()
  const missing = new Map<NodeProto, number>()
  for (const [node, before] of needs) {
    missing.set(node, before.size)
    for (const need of before) {
      const known = users.get(need)
      if (known === undefined) users.set(need, [node])
      else known.push(node)
    }
  }
  const ready = [...needs.keys()].filter((node) => missing.get(node) === 0)
  for (const node of ready) {
    for (const user of users.get(node) ?? []) {
      missing.set(user, missing.get(user)! - 1)
      if (missing.get(user) === 0) ready.push(user)
    }
  }
  return ready
}

/** Nodes of which each waits for the next, and the last for the first. */
function circleIn(needs: Needs, sorted: ReadonlySet<NodeProto>): readonly NodeProto[] {
  const way = new Set<NodeProto>()
  let node = [...needs.keys()].find((each) => !sorted.has(each))!
  while (!way.has(node)) {
    way.add(node)
    node = [...needs.get(node)!].find((need) => !sorted.has(need))!
  }
  const nodes = [...way]
  return nodes.slice(nodes.indexOf(node))
}

function invalid(what: string, remedy: string): InputError {
  return new InputError('MODEL_INVALID', `${what}. ${remedy}`)
}
