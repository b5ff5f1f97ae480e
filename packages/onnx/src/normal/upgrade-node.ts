import { create } from '@bufbuild/protobuf'
import { InputError } from '@fanlight/ports'
import type { Attribute } from '../attribute.ts'
import { changed } from '../copy.ts'
import { AttributeProtoSchema, type NodeProto } from '../generated/onnx_pb.ts'
import type { GraphEditor } from '../graph.ts'
import { tensor } from '../tensor.ts'
import { labelOf } from './uses.ts'

interface NewForm {
  readonly opType?: string
  readonly inputs?: readonly string[]
  /** Names of attributes that the new form does not have. */
  readonly without?: readonly string[]
  /** Takes the place of attributes of the same names. */
  readonly attributes?: Readonly<Record<string, Attribute>>
}

/** The node in another form; its name and outputs stay. */
export function reformed(node: NodeProto, { opType = node.opType, inputs, without = [], attributes = {} }: NewForm) {
  const kept = node.attribute.filter(({ name }) => !without.includes(name) && !Object.hasOwn(attributes, name))
  const added = Object.entries(attributes).map(([name, value]) => create(AttributeProtoSchema, { ...value, name }))
  const input = [...(inputs ?? node.input)]
  return changed(node, { opType, input, attribute: [...kept, ...added] })
}

/** An initializer of int64 for an input of the node. @returns its name */
export function heldIntegers(editor: GraphEditor, node: NodeProto, what: string, values: readonly bigint[]): string {
  const name = editor.freshName(`${node.output[0]}.${what}`)
  return editor.addInitializer(tensor(name, [values.length], BigInt64Array.from(values)))
}

/** An initializer of float32. @returns its name */
export function heldFloats(
  editor: GraphEditor,
  node: NodeProto,
  what: string,
  values: readonly number[],
  dims: readonly number[] = [values.length],
): string {
  const name = editor.freshName(`${node.output[0]}.${what}`)
  return editor.addInitializer(tensor(name, dims, Float32Array.from(values)))
}

export function unsupported(node: NodeProto, what: string, remedy: string): InputError {
  return new InputError('MODEL_UNSUPPORTED', `${labelOf(node)} ${what}. ${remedy}`)
}
