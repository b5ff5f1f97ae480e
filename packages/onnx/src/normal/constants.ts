import { changed } from '../copy.ts'
import type { NodeProto, TensorProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { tensor } from '../tensor.ts'

/** What Constant nodes hold becomes initializers of the same names. */
export function liftConstants(editor: GraphEditor): void {
  editor.replaceNodes((node) => {
    const held = node.opType === 'Constant' ? heldBy(node) : undefined
    if (held === undefined) return [node]
    editor.addInitializer(held)
    return []
  })
}

/** Undefined for text, and for a node that makes nothing. */
function heldBy({ attribute: attributes, output: [name] }: NodeProto): TensorProto | undefined {
  if (!name) return undefined
  for (const attribute of attributes) {
    if (attribute.name === 'value' && attribute.t) return changed(attribute.t, { name })
    if (attribute.name === 'value_float') return tensor(name, [], Float32Array.of(attribute.f))
    if (attribute.name === 'value_int') return tensor(name, [], BigInt64Array.of(attribute.i))
    const { floats, ints } = attribute
    if (attribute.name === 'value_floats') return tensor(name, [floats.length], Float32Array.from(floats))
    if (attribute.name === 'value_ints') return tensor(name, [ints.length], BigInt64Array.from(ints))
  }
  return undefined
}
