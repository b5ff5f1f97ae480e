import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { InputError } from '@fanlight/ports'
import { ModelProtoSchema } from './generated/onnx_pb.ts'
import type { ModelLimits } from './limits.ts'

/** The bytes do not follow protobuf's wire format: damaged, or never an ONNX file. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

interface Screen {
  readonly reader: BinaryReader
  readonly limits: ModelLimits
  messages: number
  nodes: number
  tensors: number
  listedNumbers: number
}

/**
 * Walks the file without keeping anything, so that a small file which decodes to gigabytes of objects is refused
 * before it does. Also stricter than protobuf: a known field of the wrong wire type is an error.
 * @throws WireError when the bytes are no ONNX message
 * @throws InputError `MODEL_UNSAFE` when a limit is passed
 */
export function screenWire(bytes: Uint8Array, limits: ModelLimits): void {
  const screen = { reader: new BinaryReader(bytes), limits, messages: 0, nodes: 0, tensors: 0, listedNumbers: 0 }
  screenMessage(screen, ModelProtoSchema, bytes.length, 1)
}

function screenMessage(screen: Screen, schema: DescMessage, end: number, depth: number): void {
  count(screen, schema, depth)
  const { reader } = screen
  const fields = fieldsOf(schema)
  while (reader.pos < end) {
    const [number, wireType] = readTag(reader)
    const field = fields.get(number)
    if (field !== undefined && wireType !== wireTypeOf(field) && !isPacked(field, wireType)) {
      throw new WireError(`${schema.name}.${field.name} is of the wrong type at byte ${reader.pos}`)
    }
    if (wireType === WireType.LengthDelimited) screenLengthDelimited(screen, field, end, depth)
    else skip(screen, field, number, wireType)
    if (reader.pos > end) throw new WireError(`a field at byte ${reader.pos} reaches beyond its ${schema.name}`)
  }
}

function screenLengthDelimited(screen: Screen, field: DescField | undefined, end: number, depth: number): void {
  const { reader } = screen
  const length = readLength(reader)
  const start = reader.pos
  if (start + length > end) {
    throw new WireError(`a field at byte ${start} claims ${length} bytes, and ${end - start} are there`)
  }
  if (field?.message !== undefined) {
    screenMessage(screen, field.message, start + length, depth + 1)
    return
  }
  if (field === undefined) countMessage(screen)
  else if (field.fieldKind === 'list') countListed(screen, field, length)
  reader.pos = start + length
}

function skip(screen: Screen, field: DescField | undefined, number: number, wireType: WireType): void {
  // A known field of a single number costs nothing of its own; an unknown one is kept as an object.
  if (field === undefined) countMessage(screen)
  else if (field.fieldKind === 'list') countListed(screen, field, 1)
  if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) {
    throw new WireError(`a field at byte ${screen.reader.pos} is a group, which ONNX has not`)
  }
  try {
    screen.reader.skip(wireType, number)
  } catch (error) {
    throw new WireError(`the file ends within a field at byte ${screen.reader.pos}`, { cause: error })
  }
}

function count(screen: Screen, schema: DescMessage, depth: number): void {
  const { limits } = screen
  if (depth > limits.maxDepth) throw beyond('messages within messages', depth, limits.maxDepth)
  countMessage(screen)
  if (schema.typeName === 'onnx.NodeProto' && ++screen.nodes > limits.maxNodes) {
    throw beyond('nodes', screen.nodes, limits.maxNodes)
  }
  if (schema.typeName === 'onnx.TensorProto' && ++screen.tensors > limits.maxTensors) {
    throw beyond('tensors', screen.tensors, limits.maxTensors)
  }
}

function countMessage(screen: Screen): void {
  if (++screen.messages > screen.limits.maxMessages) {
    throw beyond('messages', screen.messages, screen.limits.maxMessages)
  }
}

/** @param bytes length of the packed list, or 1 for a number on its own */
function countListed(screen: Screen, field: DescField, bytes: number): void {
  screen.listedNumbers += Math.max(1, bytes / bytesPerNumber(field))
  if (screen.listedNumbers > screen.limits.maxListedNumbers) {
    throw beyond('listed numbers', screen.listedNumbers, screen.limits.maxListedNumbers)
  }
}

/** The fewest bytes that one number takes in the file; a quarter for those that become a BigInt. */
function bytesPerNumber(field: DescField): number {
  switch (field.scalar) {
    case ScalarType.FLOAT:
      return 4
    case ScalarType.DOUBLE:
      return 8
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return 0.25
    case ScalarType.BYTES:
    case ScalarType.STRING:
      return Number.POSITIVE_INFINITY
    default:
      return 1
  }
}

function beyond(what: string, seen: number, most: number): InputError {
  const message = `the ONNX file has ${Math.ceil(seen)} or more ${what}; at most ${most} are read`
  return new InputError('MODEL_UNSAFE', `${message}. Simplify the model, or raise the limit if you trust it`)
}

function readTag(reader: BinaryReader): [number, WireType] {
  try {
    return reader.tag()
  } catch (error) {
    throw new WireError(`no field begins at byte ${reader.pos}`, { cause: error })
  }
}

function readLength(reader: BinaryReader): number {
  try {
    return reader.uint32()
  } catch (error) {
    throw new WireError(`the file ends within a length at byte ${reader.pos}`, { cause: error })
  }
}

function wireTypeOf(field: DescField): WireType {
  if (field.message !== undefined) return WireType.LengthDelimited
  switch (field.scalar) {
    case ScalarType.FLOAT:
      return WireType.Bit32
    case ScalarType.DOUBLE:
      return WireType.Bit64
    case ScalarType.BYTES:
    case ScalarType.STRING:
      return WireType.LengthDelimited
    default:
      return WireType.Varint
  }
}

function isPacked(field: DescField, wireType: WireType): boolean {
  return field.fieldKind === 'list' && field.listKind === 'scalar' && wireType === WireType.LengthDelimited
}

const fieldMaps = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>()

function fieldsOf(schema: DescMessage): ReadonlyMap<number, DescField> {
  let fields = fieldMaps.get(schema)
  if (fields === undefined) {
    fields = new Map(schema.fields.map((field) => [field.number, field]))
    fieldMaps.set(schema, fields)
  }
  return fields
}
