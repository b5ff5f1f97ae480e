import { changed } from '../copy.ts'
import type { GraphEditor } from '../graph.ts'

/** ONNX's own operators have two names for their domain; from here on there is one. */
export function unifyDomain(editor: GraphEditor): void {
  editor.replaceNodes((node) => [node.domain === 'ai.onnx' ? changed(node, { domain: '' }) : node])
  const { opsetImport } = editor.model
  editor.model.opsetImport = opsetImport.map((each) =>
    each.domain === 'ai.onnx' ? changed(each, { domain: '' }) : each,
  )
}
