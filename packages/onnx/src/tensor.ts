import { Buffer } from 'node:buffer'
import { create } from '@bufbuild/protobuf'
import { type TensorProto, TensorProto_DataType, TensorProtoSchema } from './generated/onnx_pb.ts'

/** Number of each ONNX element type, as in `TensorProto.DataType`. */
export const ElemType = TensorProto_DataType
export type ElemType = TensorProto_DataType

/**
 * A dense tensor, stored as little-endian raw data. The element type follows the array's.
 * @param dims whose product is the array's length
 */
export function tensor(name: string, dims: readonly number[], data: Float32Array | BigInt64Array): TensorProto {
  const size = dims.reduce((product, dim) => product * dim, 1)
  if (size !== data.length) throw new RangeError(`tensor ${name} [${dims}] needs ${size} values, not ${data.length}`)
  return create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: data instanceof Float32Array ? ElemType.FLOAT : ElemType.INT64,
    rawData: littleEndian(data),
  })
}

function littleEndian(data: Float32Array | BigInt64Array): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(data.byteLength)
  data.forEach((value, i) => {
    if (typeof value === 'bigint') bytes.writeBigInt64LE(value, i * 8)
    else bytes.writeFloatLE(value, i * 4)
  })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
