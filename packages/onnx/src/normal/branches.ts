import { attributeOf } from '../attribute.ts'
import { changed } from '../copy.ts'
import type { GraphProto, NodeProto } from '../generated/onnx_pb.ts'
import { type GraphEditor, newNode } from '../graph.ts'
import { hasNestedSubgraph } from './uses.ts'

/** An If whose condition the file holds gives way to its branch, where that has no subgraphs itself. */
export function inlineBranches(editor: GraphEditor): void {
  editor.replaceNodes((node) => {
    const branch = node.opType === 'If' ? takenBranch(editor, node) : undefined
    const isSimple = branch?.output.length === node.output.length && !hasNestedSubgraph(branch)
    return isSimple ? inlined(editor, node, branch) : [node]
  })
}

function takenBranch(editor: GraphEditor, node: NodeProto): GraphProto | undefined {
  const condition = editor.initializer(node.input[0] ?? '')
  const [value] = condition?.rawData.length ? condition.rawData : (condition?.int32Data ?? [])
  return value === undefined ? undefined : attributeOf(node, value === 0 ? 'else_branch' : 'then_branch')?.g
}

function inlined(editor: GraphEditor, node: NodeProto, branch: GraphProto): readonly NodeProto[] {
  // Both branches may use the same names.
  const own = [...branch.initializer.map(({ name }) => name), ...branch.node.flatMap(({ output }) => output)]
  const names = new Map(own.filter((name) => name !== '').map((name) => [name, editor.freshName(name)]))
  const nameOf = (name: string) => names.get(name) ?? name
  for (const initializer of branch.initializer) {
    editor.addInitializer(changed(initializer, { name: nameOf(initializer.name) }))
  }
  return [
    ...branch.node.map((each) => changed(each, { input: each.input.map(nameOf), output: each.output.map(nameOf) })),
    ...branch.output.map(({ name }, i) => newNode('Identity', { inputs: [nameOf(name)], outputs: [node.output[i]!] })),
  ]
}
