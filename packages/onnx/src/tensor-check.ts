import { InputError } from '@fanlight/ports'
import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType as Type } from './generated/onnx_pb.ts'
import { quoted } from './quoted.ts'

interface Storage {
  /** Bits that an element takes in `raw_data`. */
  readonly bits: number
  /** The list that holds the elements where there is no `raw_data`. */
  readonly list: 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data' | 'stringData'
  /** Entries of the list that an element takes. @default 1 */
  readonly entries?: number
}

const byte: Storage = { bits: 8, list: 'int32Data' }
const twoBytes: Storage = { bits: 16, list: 'int32Data' }
const halfByte: Storage = { bits: 4, list: 'int32Data', entries: 1 / 2 }
const quarterByte: Storage = { bits: 2, list: 'int32Data', entries: 1 / 4 }
const sixBits: Storage = { bits: 6, list: 'int32Data' }

// onnx.proto, TensorProto: what each type is stored as.
const storages: ReadonlyMap<number, Storage> = new Map([
  [Type.FLOAT, { bits: 32, list: 'floatData' }],
  [Type.UINT8, byte],
  [Type.INT8, byte],
  [Type.UINT16, twoBytes],
  [Type.INT16, twoBytes],
  [Type.INT32, { bits: 32, list: 'int32Data' }],
  [Type.INT64, { bits: 64, list: 'int64Data' }],
  [Type.STRING, { bits: 0, list: 'stringData' }],
  [Type.BOOL, byte],
  [Type.FLOAT16, twoBytes],
  [Type.DOUBLE, { bits: 64, list: 'doubleData' }],
  [Type.UINT32, { bits: 32, list: 'uint64Data' }],
  [Type.UINT64, { bits: 64, list: 'uint64Data' }],
  [Type.COMPLEX64, { bits: 64, list: 'floatData', entries: 2 }],
  [Type.COMPLEX128, { bits: 128, list: 'doubleData', entries: 2 }],
  [Type.BFLOAT16, twoBytes],
  [Type.FLOAT8E4M3FN, byte],
  [Type.FLOAT8E4M3FNUZ, byte],
  [Type.FLOAT8E5M2, byte],
  [Type.FLOAT8E5M2FNUZ, byte],
  [Type.UINT4, halfByte],
  [Type.INT4, halfByte],
  [Type.FLOAT4E2M1, halfByte],
  [Type.FLOAT8E8M0, byte],
  [Type.UINT2, quarterByte],
  [Type.INT2, quarterByte],
  [Type.FLOAT6E2M3, sixBits],
  [Type.FLOAT6E3M2, sixBits],
] satisfies [number, Storage][])

/**
 * The tensor is in the file, and holds as much data as its dimensions claim.
 * @throws InputError `MODEL_UNSAFE` when its data is in another file, `MODEL_INVALID` otherwise
 */
export function checkTensor(tensor: TensorProto): void {
  const name = quoted(tensor.name)
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL || tensor.externalData.length > 0) {
    const remedy =
      'Save one self-contained file: onnx.save(onnx.load("MODEL.onnx"), "ONE.onnx", save_as_external_data=False)'
    throw new InputError(
      'MODEL_UNSAFE',
      `the data of tensor ${name} is in another file, which is never opened. ${remedy}`,
    )
  }
  const storage = storages.get(tensor.dataType)
  if (storage === undefined || tensor.segment !== undefined) {
    const what = storage === undefined ? `is of the unknown type ${tensor.dataType}` : 'is split into segments'
    throw new InputError('MODEL_INVALID', `tensor ${name} ${what}. Export the model again, for a common opset`)
  }
  const problem = disagreement(tensor, storage)
  if (problem !== undefined) {
    const shape = `[${tensor.dims.slice(0, 16).join(', ')}]`
    const message = `tensor ${name} of shape ${shape} ${problem}. The file is damaged: copy or export it again`
    throw new InputError('MODEL_INVALID', message)
  }
}

function disagreement(tensor: TensorProto, { bits, list, entries = 1 }: Storage): string | undefined {
  if (tensor.dims.some((dim) => dim < 0n)) return 'has a negative dimension'
  // Beyond 2^53 the product is inexact, and far from anything that a file could hold.
  const elements = tensor.dims.reduce((product, dim) => product * Number(dim), 1)
  const listed = tensor[list].length
  const raw = tensor.rawData.length
  // Two readers would see two tensors.
  if (raw > 0 && (listed > 0 || list === 'stringData')) return 'has its data twice'
  if (raw > 0) {
    const claimed = Math.ceil((elements * bits) / 8)
    return claimed === raw ? undefined : `should hold ${claimed} bytes, and holds ${raw}`
  }
  const claimed = Math.ceil(elements * entries)
  return claimed === listed ? undefined : `should hold ${claimed} values, and holds ${listed}`
}
