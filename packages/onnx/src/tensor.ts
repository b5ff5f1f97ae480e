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

/** The values of a float32 tensor; undefined when it is of another type. */
export function float32In({ dataType, rawData, floatData }: TensorProto): Float32Array | undefined {
  if (dataType !== ElemType.FLOAT) return undefined
  if (rawData.length === 0) return Float32Array.from(floatData)
  const view = viewOf(rawData)
  return Float32Array.from({ length: rawData.length / 4 }, (_, i) => view.getFloat32(i * 4, true))
}

/** The values of an int64 or int32 tensor, large ones rounded; undefined when it is of another type, or there is none. */
export function integersIn(tensor: TensorProto | undefined): readonly number[] | undefined {
  if (tensor?.dataType === ElemType.INT64) {
    if (tensor.rawData.length === 0) return tensor.int64Data.map(Number)
    const view = viewOf(tensor.rawData)
    return Array.from({ length: tensor.rawData.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)))
  }
  if (tensor?.dataType !== ElemType.INT32) return undefined
  if (tensor.rawData.length === 0) return tensor.int32Data
  const view = viewOf(tensor.rawData)
  return Array.from({ length: tensor.rawData.length / 4 }, (_, i) => view.getInt32(i * 4, true))
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

function littleEndian(data: Float32Array | BigInt64Array): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.alloc(data.byteLength)
  data.forEach((value, i) => {
    if (typeof value === 'bigint') bytes.writeBigInt64LE(value, i * 8)
    else bytes.writeFloatLE(value, i * 4)
  })
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
