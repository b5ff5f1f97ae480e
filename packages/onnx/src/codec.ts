import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { InputError } from '@fanlight/ports'
import { checkModel } from './checks.ts'
import { fileKind, isPyTorch } from './file-kind.ts'
import { type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts'
import { defaultLimits, type ModelLimits } from './limits.ts'
import { screenWire, WireError } from './wire-screen.ts'

/** A decoded ONNX file. Treat as immutable: `editGraph` makes a copy to edit. */
export type Model = ModelProto

/**
 * Reads an ONNX file that may be hostile. What comes back is self-contained, within the limits, and its tensors hold
 * as much data as they claim. Whether the operators make sense is for onnxruntime to say, in a process of its own,
 * which must see only what `encodeModel` wrote: parsers differ about repeated fields, so that the file's own bytes
 * could look clean here and run something else there. Large tensors are views into `bytes`, not copies.
 * @throws InputError `MODEL_INVALID` when it is no (whole) ONNX file, `MODEL_UNSAFE` when it refers to other files,
 *   has sparse initializers or recursive functions, or passes a limit
 */
export function decodeModel(bytes: Uint8Array, limits: Partial<ModelLimits> = {}): Model {
  const all = { ...defaultLimits, ...limits }
  if (bytes.length > all.maxBytes) {
    const message = `the model file has ${bytes.length} bytes; at most ${all.maxBytes} are read`
    throw new InputError('MODEL_UNSAFE', `${message}. Use a smaller model, or raise the limit if you trust it`)
  }
  if (isPyTorch(bytes)) {
    const message = 'this is a PyTorch checkpoint, and only ONNX files can be explained'
    throw new InputError('MODEL_INVALID', `${message}. Export it: yolo export model=FILE.pt format=onnx`)
  }
  const model = parse(bytes, all)
  if (model.graph === undefined || model.graph.node.length === 0) throw unreadable(bytes, 'it has no graph with nodes')
  if (model.opsetImport.length === 0) throw unreadable(bytes, 'it names no operator set')
  checkModel(model, all)
  return model
}

/** Deterministic: a model gives the same bytes every time. Unknown fields of a decoded model are written back. */
export function encodeModel(model: Model): Uint8Array {
  return toBinary(ModelProtoSchema, model)
}

function parse(bytes: Uint8Array, limits: ModelLimits): Model {
  try {
    screenWire(bytes, limits)
    // Node's Buffer is a Uint8Array whose `slice` does not copy: views of it in a model would be a trap.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return fromBinary(ModelProtoSchema, plain, { recursionLimit: limits.maxDepth + 1 })
  } catch (error) {
    if (error instanceof InputError) throw error
    throw unreadable(bytes, error instanceof WireError ? error.message : 'the bytes are damaged', error)
  }
}

function unreadable(bytes: Uint8Array, reason: string, cause?: unknown): InputError {
  // Every ONNX file begins with its ir_version, a small number in field 1.
  const damaged = bytes[0] === 0x08 && bytes[1]! > 0 && bytes[1]! < 64
  const message = damaged
    ? `the ONNX file is cut off or damaged: ${reason}. Copy or export it again`
    : `this is not an ONNX file but ${fileKind(bytes)}. Export your detector to ONNX and give that file`
  return new InputError('MODEL_INVALID', message, { cause })
}
