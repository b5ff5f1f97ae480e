import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  type AttributeProtoSchema,
  type NodeProto,
  AttributeProto_AttributeType as Type,
} from './generated/onnx_pb.ts'

/** A node's attribute without its name. */
export type Attribute = MessageInitShape<typeof AttributeProtoSchema>

export const int = (value: number): Attribute => ({ type: Type.INT, i: BigInt(value) })
export const ints = (...values: readonly number[]): Attribute => ({ type: Type.INTS, ints: values.map(BigInt) })
export const float = (value: number): Attribute => ({ type: Type.FLOAT, f: value })
export const text = (value: string): Attribute => ({ type: Type.STRING, s: new TextEncoder().encode(value) })

export function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find((attribute) => attribute.name === name)
}
