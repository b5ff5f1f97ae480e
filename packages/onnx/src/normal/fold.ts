import { create } from '@bufbuild/protobuf'
import { attributeOf } from '../attribute.ts'
import { type NodeProto, type TensorProto, TensorProtoSchema } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { ElemType, tensor } from '../tensor.ts'

/** A shape, a size or a condition: int64 or bool, of rank 0 or 1. */
interface Few {
  readonly isTruth: boolean
  readonly isList: boolean
  readonly values: readonly bigint[]
}

const MAX_VALUES = 64

/**
 * Sizes and conditions that are computed from constants alone become constants, so that later steps see them.
 * onnxruntime would compute the same when it loads the file. Nodes must stand in an order in which they can run.
 */
export function foldSizes(editor: GraphEditor): void {
  const known = new Map<string, Few>()
  for (const initializer of editor.model.graph!.initializer) {
    const few = fewIn(initializer)
    if (few !== undefined) known.set(initializer.name, few)
  }
  editor.replaceNodes((node) => {
    const inputs = node.input.map((name) => known.get(name))
    const [output] = node.output
    if (!output || inputs.length === 0 || node.domain !== '' || !inputs.every((few) => few !== undefined)) return [node]
    const folded = Object.hasOwn(folds, node.opType) ? folds[node.opType]!(inputs, node) : undefined
    if (folded === undefined || folded.values.length > MAX_VALUES) return [node]
    known.set(output, folded)
    editor.addInitializer(tensorOf(output, folded))
    return []
  })
}

function fewIn({ dataType, dims, rawData, int32Data, int64Data }: TensorProto): Few | undefined {
  const isTruth = dataType === ElemType.BOOL
  if (dims.length > 1 || (dims[0] ?? 1n) > MAX_VALUES || (!isTruth && dataType !== ElemType.INT64)) return undefined
  const isList = dims.length === 1
  if (rawData.length === 0) return { isTruth, isList, values: isTruth ? int32Data.map(BigInt) : int64Data }
  if (isTruth) return { isTruth, isList, values: Array.from(rawData, BigInt) }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength)
  return {
    isTruth,
    isList,
    values: Array.from({ length: rawData.length / 8 }, (_, i) => view.getBigInt64(8 * i, true)),
  }
}

function tensorOf(name: string, { isTruth, isList, values }: Few): TensorProto {
  const dims = isList ? [values.length] : []
  if (!isTruth) return tensor(name, dims, BigInt64Array.from(values))
  const rawData = Uint8Array.from(values, Number)
  return create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType: ElemType.BOOL, rawData })
}

type Fold = (inputs: readonly Few[], node: NodeProto) => Few | undefined

/** Of each pair of values; undefined where a pair has no result, or lengths do not match. */
function paired(isTruth: boolean, of: (a: bigint, b: bigint) => bigint | boolean | undefined): Fold {
  return ([a, b]) => {
    if (a === undefined || b === undefined) return undefined
    const length = broadcastLength([a, b])
    const values = Array.from({ length: length ?? 0 }, (_, i) => of(at(a, i)!, at(b, i)!))
    if (length === undefined || values.includes(undefined)) return undefined
    const isList = a.isList || b.isList
    return { isTruth, isList, values: values.map((value) => BigInt.asIntN(64, BigInt(value!))) }
  }
}

const at = ({ values }: Few, i: number) => values[values.length === 1 ? 0 : i]

function broadcastLength(few: readonly Few[]): number | undefined {
  const lengths = new Set(few.map(({ values }) => values.length).filter((length) => length !== 1))
  return lengths.size > 1 ? undefined : ([...lengths][0] ?? 1)
}

const folds: Readonly<Record<string, Fold>> = {
  Add: paired(false, (a, b) => a + b),
  And: paired(true, (a, b) => a !== 0n && b !== 0n),
  Cast: ([few], node) => {
    const to = Number(attributeOf(node, 'to')?.i)
    if (to === ElemType.INT64) return { ...few!, isTruth: false }
    return to === ElemType.BOOL
      ? { ...few!, isTruth: true, values: few!.values.map((value) => BigInt(value !== 0n)) }
      : undefined
  },
  Concat: (inputs) =>
    inputs.every(({ isList }) => isList)
      ? { isTruth: inputs[0]!.isTruth, isList: true, values: inputs.flatMap(({ values }) => values) }
      : undefined,
  ConstantOfShape: ([shape], node) => {
    const value = attributeOf(node, 'value')?.t
    const fill = value && fewIn(value)?.values
    const [length] = shape!.values
    if (fill?.length !== 1 || shape!.values.length !== 1 || length! < 0n || length! > MAX_VALUES) return undefined
    return { isTruth: value!.dataType === ElemType.BOOL, isList: true, values: Array(Number(length)).fill(fill[0]) }
  },
  Div: paired(false, (a, b) => (b === 0n ? undefined : a / b)),
  Equal: paired(true, (a, b) => a === b),
  Gather: ([data, indices]) => {
    const values = indices!.values.map((i) => data!.values.at(Number(i)))
    if (!data!.isList || !values.every((value) => value !== undefined)) return undefined
    return { ...data!, isList: indices!.isList, values }
  },
  Greater: paired(true, (a, b) => a > b),
  Identity: ([few]) => few,
  Less: paired(true, (a, b) => a < b),
  Mul: paired(false, (a, b) => a * b),
  Not: ([few]) => ({ ...few!, values: few!.values.map((value) => BigInt(value === 0n)) }),
  Or: paired(true, (a, b) => a !== 0n || b !== 0n),
  Reshape: ([few, shape]) =>
    shape!.values.length === 1 && shape!.values[0] !== 0n ? { ...few!, isList: true } : undefined,
  Slice: ([data, starts, ends, , steps]) => {
    const isPlain = data!.isList && starts?.values.length === 1 && (steps === undefined || steps.values[0] === 1n)
    if (!isPlain || ends?.values.length !== 1) return undefined
    return { ...data!, values: data!.values.slice(Number(starts.values[0]), Number(ends.values[0])) }
  },
  Squeeze: ([few]) => (few!.isList && few!.values.length === 1 ? { ...few!, isList: false } : undefined),
  Sub: paired(false, (a, b) => a - b),
  Unsqueeze: ([few], node) => {
    const axes = node.input.length === 2 || attributeOf(node, 'axes')?.ints.length === 1
    return !few!.isList && axes ? { ...few!, isList: true } : undefined
  },
  Where: (inputs) => {
    const [condition, a, b] = inputs
    const length = broadcastLength(inputs)
    if (!condition || !a || !b || length === undefined) return undefined
    const values = Array.from({ length }, (_, i) => at(at(condition, i) === 0n ? b : a, i)!)
    return { isTruth: a.isTruth, isList: inputs.some(({ isList }) => isList), values }
  },
}
