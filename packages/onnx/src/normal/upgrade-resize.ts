import { type Attribute, attributeOf, text } from '../attribute.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { float32In } from '../tensor.ts'
import { heldFloats, reformed, unsupported } from './upgrade-node.ts'

// Before 11 an output pixel x took the input at x / scale, and `nearest` the pixel before it.

export function upsample7(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const scales = heldFloats(editor, node, 'scales', attributeOf(node, 'scales')?.floats ?? [])
  return upsample9(reformed(node, { inputs: [node.input[0]!, scales], without: ['scales'] }), editor)
}

export function upsample9(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  return resize10(reformed(node, { opType: 'Resize' }), editor)
}

export function resize10(node: NodeProto, editor: GraphEditor): readonly NodeProto[] {
  const [image = '', scales = ''] = node.input
  const mode = attributeText(node, 'mode')
  const held = editor.initializer(scales)
  // The operator set does not say, but onnxruntime rounds up where it makes an image smaller.
  const shrinks = held !== undefined && float32In(held)?.some((scale) => scale < 1)
  const attributes: Record<string, Attribute> = {
    coordinate_transformation_mode: text('asymmetric'),
    nearest_mode: text(shrinks ? 'ceil' : 'floor'),
    ...(mode === 'bilinear' && { mode: text('linear') }),
  }
  return [reformed(node, { inputs: [image, '', scales], attributes })]
}

export function resize(node: NodeProto): readonly NodeProto[] {
  if (attributeText(node, 'coordinate_transformation_mode') !== 'tf_half_pixel_for_nn') return [node]
  throw unsupported(node, 'has pixel centres as in tf_half_pixel_for_nn', 'Export the model with opset 13 or later')
}

/**
 * Exporters write an empty tensor where Resize has no region, scales or sizes; from here on these are left out.
 */
export function tidyResize(editor: GraphEditor): void {
  const isEmpty = (name: string) => editor.initializer(name)?.dims.includes(0n)
  editor.replaceNodes((node) => {
    if (node.opType !== 'Resize') return [node]
    const inputs = node.input.map((name, i) => (i > 0 && isEmpty(name) ? '' : name))
    while (inputs.at(-1) === '') inputs.pop()
    return [reformed(node, { inputs })]
  })
}

function attributeText(node: NodeProto, name: string): string {
  return new TextDecoder().decode(attributeOf(node, name)?.s)
}
