import type { Tensor } from 'onnxruntime-node'
import { type Attribute, ElemType, GraphEditor, type Model, newModel, tensor } from '../../../src/index.ts'
import { type Feeds, randomTensor } from '../gradient-check.ts'

/** An operator in one of its variants, with numbers at which its gradient is checked. */
export interface GradientCase {
  readonly op: string
  /** Of the variant: what is special about it. */
  readonly variant: string
  readonly model: Model
  readonly feeds: Feeds
  /** Linear in what it is differentiated by: finite differences are exact but for rounding. */
  readonly linear: boolean
  /** Inputs to differentiate by. */
  readonly wrt: readonly string[]
}

export interface CaseOptions {
  /** Differentiated by; in the order of the node's inputs, '' for one that is left out. Dims (random numbers in −1..1) or numbers. */
  readonly inputs: Readonly<Record<string, readonly number[] | Tensor>>
  /** Inputs of the node behind those, which the file holds: floats or integers. */
  readonly constants?: readonly (readonly [dims: readonly number[], data: Float32Array | BigInt64Array] | '')[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  /** @default 1 */
  readonly outputs?: number
  readonly linear?: boolean
  readonly opset?: number
}

/** A graph of this one node. */
export function nodeCase(op: string, variant: string, options: CaseOptions): GradientCase {
  const { inputs, constants = [], attributes = {}, outputs = 1, linear = false, opset = 17 } = options
  const editor = new GraphEditor(newModel({ name: op, producer: 'test', opset }))
  const feeds: Record<string, Tensor> = {}
  for (const [i, [name, given]] of Object.entries(inputs).entries()) {
    feeds[name] = 'dims' in given ? given : randomTensor(given, i + 1)
    editor.addInput(name, ElemType.FLOAT, feeds[name].dims)
  }
  const held = constants.map((constant, i) =>
    constant === '' ? '' : editor.addInitializer(tensor(`constant_${i}`, ...constant)),
  )
  const made = Array.from({ length: outputs }, (_, i) => `y${i}`)
  editor.addNode(op, { inputs: [...Object.keys(inputs), ...held], outputs: made, attributes })
  for (const name of made) editor.addOutput(name, ElemType.FLOAT, [])
  return { op, variant, model: editor.model, feeds, linear, wrt: Object.keys(inputs) }
}
