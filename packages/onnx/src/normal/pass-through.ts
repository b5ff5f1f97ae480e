import { InputError } from '@fanlight/ports'
import { changed } from '../copy.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import { type GraphEditor, newNode } from '../graph.ts'
import { labelOf } from './uses.ts'

/**
 * Identity and Dropout, which does nothing outside training, go; what used their output uses their input. One whose
 * output is the graph's stays, as Identity, since outputs keep their names.
 * @throws InputError `MODEL_UNSUPPORTED` for a Dropout that is told to train: its output is random
 */
export function dropPassThrough(editor: GraphEditor): void {
  const used = new Set(editor.nodes.flatMap(({ input }) => input))
  const outputs = new Set(editor.model.graph!.output.map(({ name }) => name))
  const sources = new Map<string, string>()
  const sourceOf = (name: string) => sources.get(name) ?? name
  editor.replaceNodes((node) => {
    const input = node.input.map(sourceOf)
    const [output, mask] = node.output
    const wantsMask = mask !== undefined && (used.has(mask) || outputs.has(mask))
    if (!isPassThrough(editor, node) || wantsMask) {
      return node.input.every((name, i) => name === input[i]) ? [node] : [changed(node, { input })]
    }
    if (outputs.has(output!)) return [newNode('Identity', { inputs: [input[0]!], outputs: [output!] })]
    sources.set(output!, input[0]!)
    return []
  })
}

function isPassThrough(editor: GraphEditor, node: NodeProto): boolean {
  // Without input or output it is none; onnxruntime refuses it.
  if (!node.input[0] || !node.output[0]) return false
  if (node.opType === 'Identity') return true
  if (node.opType !== 'Dropout') return false
  const [, , training] = node.input
  if (training === undefined || training === '') return true
  const held = editor.initializer(training)
  if (held && [...held.rawData, ...held.int32Data].every((byte) => byte === 0)) return true
  throw new InputError('MODEL_UNSUPPORTED', `${labelOf(node)} may be training. Export the model in evaluation mode`)
}
