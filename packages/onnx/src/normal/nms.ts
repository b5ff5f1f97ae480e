import type { GraphEditor } from '../graph.ts'
import { ElemType } from '../tensor.ts'
import { nodesBefore, valuesAfter } from './uses.ts'

/**
 * What NonMaxSuppression keeps does not change smoothly with the image, so that outputs behind it have no useful
 * gradient: they are dropped, and the boxes [N, boxes, 4] and scores [N, classes, boxes] that go into it become
 * outputs, under their own names.
 */
export function cutNms(editor: GraphEditor): void {
  const graph = editor.model.graph!
  const suppressions = graph.node.filter(({ opType }) => opType === 'NonMaxSuppression')
  const behind = valuesAfter(
    graph.node,
    suppressions.flatMap(({ output }) => output),
  )
  const dropped = graph.output.filter(({ name }) => behind.has(name))
  if (dropped.length === 0) return
  const needed = new Set(
    nodesBefore(
      graph.node,
      dropped.map(({ name }) => name),
    ),
  )
  graph.output = graph.output.filter(({ name }) => !behind.has(name))
  for (const { input } of suppressions.filter((node) => needed.has(node))) {
    for (const [i, name] of input.slice(0, 2).entries()) {
      const isNew = !behind.has(name) && !editor.isOutput(name) && editor.producer(name) !== undefined
      if (isNew) editor.addOutput(name, ElemType.FLOAT, [undefined, undefined, i === 0 ? 4 : undefined])
    }
  }
}
