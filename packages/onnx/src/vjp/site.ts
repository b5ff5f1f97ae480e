import { clone } from '@bufbuild/protobuf'
import { InputError } from '@fanlight/ports'
import { type NodeProto, NodeProtoSchema } from '../generated/onnx_pb.ts'
import type { Dim, GraphEditor } from '../graph.ts'
import { labelOf } from '../normal/uses.ts'
import { quoted } from '../quoted.ts'
import { tensor } from '../tensor.ts'
import type { Site } from './rule.ts'

interface SiteOptions {
  /** Values whose adjoints are needed. */
  readonly wanted: ReadonlySet<string>
  readonly shapes: ReadonlyMap<string, readonly Dim[]>
  readonly cotangents: readonly (string | undefined)[]
  readonly guided: boolean
  readonly opset: number
  readonly producers: ReadonlyMap<string, NodeProto>
}

export function siteOf(editor: GraphEditor, node: NodeProto, options: SiteOptions): Site {
  const { wanted, shapes, cotangents, guided, opset, producers } = options
  const attribute = (name: string) => node.attribute.find((each) => each.name === name)
  const unsupported = (what: string, remedy: string) =>
    new InputError('MODEL_UNSUPPORTED', `${labelOf(node)} ${what}. ${remedy}`)
  const shapeOf = (value: string) => {
    const shape = shapes.get(value)
    if (!shape) throw unsupported(`has the value ${quoted(value)}, whose shape is not known`, 'Probe the network first')
    return shape
  }
  const op: Site['op'] = (opType, ...inputs) => editor.addNode(opType, { inputs })[0]!
  const integers: Site['integers'] = (...values) =>
    editor.addInitializer(
      tensor(editor.freshName('fanlight.integers'), [values.length], BigInt64Array.from(values.map(BigInt))),
    )
  const floats: Site['floats'] = (values, dims) =>
    editor.addInitializer(tensor(editor.freshName('fanlight.floats'), dims, values))
  const reshaped: Site['reshaped'] = (value, like) => {
    const dims = shapeOf(like)
    const open = dims.filter((dim) => typeof dim !== 'number').length
    if (open > 1 || dims.includes(0)) return op('Reshape', value, op('Shape', like))
    return op('Reshape', value, integers(...dims.map((dim) => (typeof dim === 'number' ? dim : -1))))
  }
  return {
    opType: node.opType,
    opset,
    inputs: node.input,
    outputs: node.output,
    cotangents,
    guided,
    wants: (input) => wanted.has(node.input[input] ?? ''),
    shapeOf,
    producer: (value) => producers.get(value) ?? editor.producer(value),
    constant: (value) => editor.initializer(value),
    int: (name, otherwise) => Number(attribute(name)?.i ?? otherwise),
    ints: (name, otherwise) => attribute(name)?.ints.map(Number) ?? otherwise,
    maybeInts: (name) => attribute(name)?.ints.map(Number),
    float: (name, otherwise) => attribute(name)?.f ?? otherwise,
    text: (name, otherwise) => {
      const found = attribute(name)
      return found ? new TextDecoder().decode(found.s) : otherwise
    },
    op,
    node(opType, { inputs, attributes = {}, outputs = 1 }) {
      const names = Array.from({ length: outputs }, () => editor.freshName(opType))
      return editor.addNode(opType, { inputs, outputs: names, attributes }) as [string, ...string[]]
    },
    again(inputs, { without = [] } = {}) {
      const kept = clone(NodeProtoSchema, node).attribute.filter(({ name }) => !without.includes(name))
      const attributes = Object.fromEntries(kept.map((each) => [each.name, each]))
      return editor.addNode(node.opType, { inputs, attributes })[0]!
    },
    scalar: (value) => floats(Float32Array.of(value), []),
    floats,
    integers,
    reshaped,
    sumTo(value, full, like) {
      const [given, wanted] = [shapeOf(full), shapeOf(like)]
      const lead = given.length - wanted.length
      const axes = given.flatMap((dim, axis) => (axis < lead || (wanted[axis - lead] === 1 && dim !== 1) ? [axis] : []))
      if (axes.length === 0) return value
      const summed = op('ReduceSum', value, integers(...axes))
      return lead > 0 ? reshaped(summed, like) : summed
    },
    unsupported,
  }
}
