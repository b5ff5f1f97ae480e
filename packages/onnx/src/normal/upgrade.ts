import { attributeOf, text } from '../attribute.ts'
import { changed } from '../copy.ts'
import type { NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { opsetOf } from '../signature.ts'
import { clip, dropout, pad, reduceSum, slice, split, squeeze, topK } from './upgrade-attributes.ts'
import { reformed, unsupported } from './upgrade-node.ts'
import { resize, resize10, upsample7, upsample9 } from './upgrade-resize.ts'
import { flattening } from './upgrade-softmax.ts'

/** The newest of what all rules of differentiation are written for; Reduce* changes its form behind it. */
const OPSET = 17

interface Change {
  /** The version of the operator set that changed the operator. */
  readonly at: number
  readonly adapt: (node: NodeProto, editor: GraphEditor) => readonly NodeProto[]
}

// ONNX's Changelog.md: all changes between 7 and 17 that a network of before would not survive. Those left out added
// types, attributes with the old meaning as default, or negative axes. By operator, the oldest form first: it is taken
// to the newest at once.
const changes: Readonly<Record<string, readonly Change[]>> = {
  BatchNormalization: [
    { at: 9, adapt: spatialBatchNormalization },
    { at: 14, adapt: batchNormalization },
  ],
  Clip: [{ at: 11, adapt: clip }],
  Dropout: [{ at: 12, adapt: dropout }],
  Hardmax: [{ at: 13, adapt: flattening }],
  LogSoftmax: [{ at: 13, adapt: flattening }],
  Pad: [{ at: 11, adapt: pad }],
  ReduceSum: [{ at: 13, adapt: reduceSum }],
  Resize: [
    { at: 11, adapt: resize10 },
    { at: 13, adapt: resize },
  ],
  RoiAlign: [{ at: 16, adapt: roiAlign }],
  Scatter: [{ at: 11, adapt: (node) => [changed(node, { opType: 'ScatterElements' })] }],
  Slice: [{ at: 10, adapt: slice }],
  Softmax: [{ at: 13, adapt: flattening }],
  Split: [{ at: 13, adapt: split }],
  Squeeze: [{ at: 13, adapt: squeeze }],
  TopK: [{ at: 10, adapt: topK }],
  Unsqueeze: [{ at: 13, adapt: squeeze }],
  Upsample: [
    { at: 9, adapt: upsample7 },
    { at: 10, adapt: upsample9 },
  ],
}

/**
 * A model of an older operator set becomes one of opset 17 that computes the same; newer ones keep theirs.
 * @throws InputError `MODEL_UNSUPPORTED` for the few forms that 17 has no equal for
 */
export function upgrade(editor: GraphEditor): void {
  const { model } = editor
  const opset = opsetOf(model)
  const own = model.opsetImport.find(({ domain }) => domain === '')!
  // No other domain has a node left.
  model.opsetImport = [changed(own, { version: BigInt(Math.max(opset, OPSET)) })]
  if (opset >= OPSET) return
  editor.replaceNodes((node) => {
    const known = Object.hasOwn(changes, node.opType) ? changes[node.opType]! : []
    const change = known.find(({ at }) => opset < at)
    // A node without input is for onnxruntime to refuse.
    return change === undefined || !node.input[0] ? [node] : change.adapt(node, editor)
  })
  // What opset 17 needs.
  if (model.irVersion < 8n) model.irVersion = 8n
}

function batchNormalization(node: NodeProto): readonly NodeProto[] {
  // The statistics, which only training changes, were outputs too.
  return [changed(reformed(node, { without: ['spatial'] }), { output: node.output.slice(0, 1) })]
}

function spatialBatchNormalization(node: NodeProto): readonly NodeProto[] {
  if (attributeOf(node, 'spatial')?.i !== 0n) return batchNormalization(node)
  throw unsupported(node, 'has statistics for each pixel (spatial = 0)', 'Export the model with opset 9 or later')
}

/** Coordinates were not shifted by half a pixel, which is the default since. */
function roiAlign(node: NodeProto): readonly NodeProto[] {
  return [reformed(node, { attributes: { coordinate_transformation_mode: text('output_half_pixel') } })]
}
