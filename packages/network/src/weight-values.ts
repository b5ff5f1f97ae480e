import { ElemType } from '@fanlight/onnx'
import { countOf, type Tensor, typeName } from './layers.ts'

/** @returns the numbers of a float tensor in row-major order, or why they are not read */
export function valuesOf(held: Tensor): Float32Array | string {
  const { dataType, rawData, floatData, int32Data, doubleData } = held
  switch (dataType) {
    case ElemType.FLOAT:
      return rawData.length > 0 ? read(held, 4, (view, at) => view.getFloat32(at, true)) : Float32Array.from(floatData)
    case ElemType.DOUBLE:
      return rawData.length > 0 ? read(held, 8, (view, at) => view.getFloat64(at, true)) : Float32Array.from(doubleData)
    case ElemType.FLOAT16:
      return rawData.length > 0
        ? read(held, 2, (view, at) => view.getFloat16(at, true))
        : fromBits(int32Data, (view) => view.getFloat16(0, true))
    case ElemType.BFLOAT16:
      return rawData.length > 0
        ? read(held, 2, (view, at) => upperHalf(view.getUint16(at, true)))
        : Float32Array.from(int32Data, upperHalf)
    default:
      return `its weights are of type ${typeName(dataType)}, and only those of float types are read: give the float model`
  }
}

function read(held: Tensor, bytes: number, value: (view: DataView, at: number) => number): Float32Array {
  const { buffer, byteOffset, byteLength } = held.rawData
  const view = new DataView(buffer, byteOffset, byteLength)
  const values = new Float32Array(countOf(held))
  // A large network has a hundred million of them: `Float32Array.from` takes ten times as long.
  for (let i = 0; i < values.length; i++) values[i] = value(view, i * bytes)
  return values
}

/** Where a 16-bit number is kept as an integer of its bits. */
function fromBits(bits: readonly number[], value: (view: DataView) => number): Float32Array {
  const view = new DataView(new ArrayBuffer(2))
  return Float32Array.from(bits, (one) => {
    view.setUint16(0, one & 0xffff, true)
    return value(view)
  })
}

/** A bfloat16 is the upper half of a float32. */
function upperHalf(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, (bits & 0xffff) << 16)
  return view.getFloat32(0)
}
