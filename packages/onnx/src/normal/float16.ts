import { changed } from '../copy.ts'
import type { AttributeProto, TensorProto, ValueInfoProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { ElemType, tensor } from '../tensor.ts'

/**
 * A float16 network computes in float32, inputs and outputs too: gradients of float16 vanish below 6e-8 and overflow
 * above 65504.
 */
export function widenFloat16(editor: GraphEditor): void {
  const graph = editor.model.graph!
  graph.initializer = graph.initializer.map(widened)
  graph.input = graph.input.map(widenedValue)
  graph.output = graph.output.map(widenedValue)
  editor.replaceNodes((node) => {
    if (!node.attribute.some(isOfFloat16)) return [node]
    return [
      changed(node, { attribute: node.attribute.map((each) => (isOfFloat16(each) ? widenedAttribute(each) : each)) }),
    ]
  })
}

/** `to` of Cast, `dtype` of what draws numbers, `value` of ConstantOfShape. */
function isOfFloat16({ name, i, t }: AttributeProto): boolean {
  const isType = (name === 'to' || name === 'dtype') && i === BigInt(ElemType.FLOAT16)
  return isType || t?.dataType === ElemType.FLOAT16
}

function widenedAttribute(attribute: AttributeProto): AttributeProto {
  return changed(attribute, attribute.t ? { t: widened(attribute.t) } : { i: BigInt(ElemType.FLOAT) })
}

function widened(half: TensorProto): TensorProto {
  if (half.dataType !== ElemType.FLOAT16) return half
  const { rawData, int32Data, name, dims } = half
  // Where there is no raw data, each int32 holds the bits of one number.
  const bits = rawData.length > 0 ? rawData : new Uint8Array(Uint16Array.from(int32Data).buffer)
  const view = new DataView(bits.buffer, bits.byteOffset, bits.byteLength)
  const values = Float32Array.from({ length: bits.length / 2 }, (_, i) => view.getFloat16(2 * i, true))
  return tensor(name, dims.map(Number), values)
}

function widenedValue(value: ValueInfoProto): ValueInfoProto {
  const type = value.type?.value
  if (type?.case !== 'tensorType' || type.value.elemType !== ElemType.FLOAT16) return value
  const tensorType = changed(type.value, { elemType: ElemType.FLOAT })
  return changed(value, { type: changed(value.type!, { value: { case: 'tensorType', value: tensorType } }) })
}
