import { attributeOf } from './attribute.ts'
import type { Model } from './codec.ts'
import type { NodeProto } from './generated/onnx_pb.ts'
import { ElemType } from './tensor.ts'

const truth: ReadonlySet<string> = new Set([
  ...['And', 'Equal', 'Greater', 'GreaterOrEqual', 'IsInf', 'IsNaN', 'Less', 'LessOrEqual', 'Not', 'Or', 'Xor'],
])
const indices: ReadonlySet<string> = new Set(['ArgMax', 'ArgMin', 'NonMaxSuppression', 'NonZero', 'Shape', 'Size'])
/** What they make is no tensor. */
const others = /^(Sequence(Construct|Empty|Erase|Insert|Map)|SplitToSequence|Optional.*)$/
/** Those whose further outputs are indices. */
const indexed: ReadonlySet<string> = new Set(['MaxPool', 'TopK', 'Unique'])
/** The input whose type the output has, where it is not the first. */
const typedBy: Readonly<Record<string, number>> = { CastLike: 1, OneHot: 2, Where: 1 }

/**
 * Element type of every input, initializer, and value that a node makes: ONNX's type constraints, for models as
 * `normalised` gives them. Operators that are not listed give the type of their first input, as nearly all do.
 */
export function elemTypesIn(model: Model): ReadonlyMap<string, number> {
  const { input, initializer, node } = model.graph!
  const types = new Map<string, number>()
  for (const { name, type } of input) if (type?.value.case === 'tensorType') types.set(name, type.value.value.elemType)
  for (const { name, dataType } of initializer) types.set(name, dataType)
  for (const each of node) {
    for (const [i, name] of each.output.entries()) {
      const type = typeOf(each, i, types)
      if (name !== '' && type !== undefined) types.set(name, type)
    }
  }
  return types
}

function typeOf(node: NodeProto, output: number, types: ReadonlyMap<string, number>): number | undefined {
  const { opType, input } = node
  if (others.test(opType)) return undefined
  if (truth.has(opType) || (opType === 'Dropout' && output === 1)) return ElemType.BOOL
  if (indices.has(opType) || (output > 0 && indexed.has(opType))) return ElemType.INT64
  if (opType === 'Cast') return Number(attributeOf(node, 'to')?.i ?? ElemType.FLOAT)
  if (opType === 'ConstantOfShape') return attributeOf(node, 'value')?.t?.dataType ?? ElemType.FLOAT
  const drawn = attributeOf(node, 'dtype')
  if (drawn !== undefined) return Number(drawn.i)
  if (input.length === 0) return ElemType.FLOAT
  const source = Object.hasOwn(typedBy, opType) ? typedBy[opType]! : 0
  return types.get(input[source] ?? '')
}
