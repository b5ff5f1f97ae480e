import { attributeOf } from '../attribute.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { heldFloats, heldIntegers, reformed } from './upgrade-node.ts'

// What was an attribute became an input. An input that is left out in the end is not written, one in between is ''.

export function slice(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const without = ['starts', 'ends', 'axes']
  return [withHeld(node, editor, without)]
}

export const squeeze = (node: NodeProto, editor: GraphEditor) => [withHeld(node, editor, ['axes'])]
export const reduceSum = squeeze
export const split = (node: NodeProto, editor: GraphEditor) => [withHeld(node, editor, ['split'])]

export function topK(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const k = heldIntegers(editor, node, 'k', [attributeOf(node, 'k')?.i ?? 1n])
  return [reformed(node, { inputs: [node.input[0]!, k], without: ['k'] })]
}

export function pad(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const pads = heldIntegers(editor, node, 'pads', attributeOf(node, 'pads')?.ints ?? [])
  const value = heldFloats(editor, node, 'value', [attributeOf(node, 'value')?.f ?? 0], [])
  return [reformed(node, { inputs: [node.input[0]!, pads, value], without: ['pads', 'value'] })]
}

export function clip(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const [min, max] = ['min', 'max'].map((bound) => {
    const attribute = attributeOf(node, bound)
    return attribute === undefined ? '' : heldFloats(editor, node, bound, [attribute.f], [])
  })
  return [reformed(node, { inputs: [node.input[0]!, min!, max!], without: ['min', 'max'] })]
}

/** Only one whose mask is used is still here. Without training its ratio has no effect. */
export const dropout = (node: NodeProto) => [reformed(node, { without: ['ratio'] })]

/** Lists of integers, in the order of the inputs that they become. */
function withHeld(node: NodeProto, editor: GraphEditor, names: readonly string[]): NodeProto {
  const held = names.flatMap((name) => {
    const attribute = attributeOf(node, name)
    return attribute === undefined ? [] : [heldIntegers(editor, node, name, attribute.ints)]
  })
  return reformed(node, { inputs: [node.input[0]!, ...held], without: names })
}
