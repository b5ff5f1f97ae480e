import { Tensor } from 'onnxruntime-node'
import { type Attribute, ElemType, GraphEditor, type Model, newModel, tensor } from '../../../src/index.ts'
import { type Feeds, noise, randomTensor } from '../gradient-check.ts'

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
  const { constants = [], attributes = {}, outputs = 1 } = options
  return graphCase(op, variant, {
    ...options,
    build(editor) {
      const held = constants.map((constant, i) =>
        constant === '' ? '' : editor.addInitializer(tensor(`constant_${i}`, ...constant)),
      )
      const made = Array.from({ length: outputs }, (_, i) => `y${i}`)
      return editor.addNode(op, { inputs: [...Object.keys(options.inputs), ...held], outputs: made, attributes })
    },
  })
}

export interface GraphCaseOptions extends Pick<CaseOptions, 'inputs' | 'linear' | 'opset'> {
  /** Adds the nodes; the inputs are there. @returns the outputs, all of float32 */
  readonly build: (editor: GraphEditor) => readonly string[]
}

/** A graph of some nodes, for an operator whose inputs must be made, or come behind those that the file holds. */
export function graphCase(op: string, variant: string, options: GraphCaseOptions): GradientCase {
  const { inputs, linear = false, opset = 17 } = options
  const editor = new GraphEditor(newModel({ name: op, producer: 'test', opset }))
  const feeds: Record<string, Tensor> = {}
  for (const [i, [name, given]] of Object.entries(inputs).entries()) {
    feeds[name] = 'dims' in given ? given : randomTensor(given, i + 1)
    editor.addInput(name, ElemType.FLOAT, feeds[name].dims)
  }
  for (const name of options.build(editor)) editor.addOutput(name, ElemType.FLOAT, [])
  return { op, variant, model: editor.model, feeds, linear, wrt: Object.keys(inputs) }
}

/**
 * Evenly spaced numbers in a random order: none is near another, so that finite differences cross no maximum's kink,
 * and, of an even number of them, none is near the middle.
 */
export function spacedTensor(dims: readonly number[], seed: number, [low, high]: readonly [number, number]): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1)
  const next = noise(seed)
  const order = Array.from({ length: size }, (_, i) => ({ i, key: next() })).toSorted((a, b) => a.key - b.key)
  const step = (high - low) / size
  return new Tensor(
    'float32',
    Float32Array.from(order, ({ i }) => low + (i + 0.5) * step),
    dims,
  )
}
