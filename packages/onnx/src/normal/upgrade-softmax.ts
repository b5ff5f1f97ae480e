import { attributeOf, int } from '../attribute.ts'
import { changed } from '../copy.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import { type GraphEditor, newNode } from '../graph.ts'
import { reformed } from './upgrade-node.ts'

/**
 * Softmax, LogSoftmax and Hardmax took all axes from `axis` on as one; since 13 they take `axis` alone. Both are the
 * same for the last axis only, and a file does not always say which one that is.
 */
export function flattening(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const axis = Number(attributeOf(node, 'axis')?.i ?? 1)
  const attributes = { axis: int(-1) }
  if (axis === -1) return [reformed(node, { attributes })]
  const [input, output] = [node.input[0]!, node.output[0]!]
  const [flat, normalised, shape] = ['flat', 'normalised', 'shape'].map((what) => editor.freshName(`${output}.${what}`))
  return [
    newNode('Flatten', { inputs: [input], outputs: [flat!], attributes: { axis: int(axis) } }),
    changed(reformed(node, { inputs: [flat!], attributes }), { output: [normalised!] }),
    newNode('Shape', { inputs: [input], outputs: [shape!] }),
    newNode('Reshape', { inputs: [normalised!, shape!], outputs: [output] }),
  ]
}
