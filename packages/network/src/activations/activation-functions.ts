import type { Model } from '@fanlight/onnx'
import { type Layer, type Layers, layersOf, type Node } from '../layers.ts'
import { valuesOf } from '../weight-values.ts'
import { type Gate, gaussian, hyperbolic, logistic, mish, ramp, rectifier, softsign } from './gates.ts'

/** A non-linearity of a network, between two of its values. */
export interface ActivationFunction {
  /** `ReLU`, `SiLU` … */
  readonly kind: string
  /** Of the node that makes `after`. */
  readonly layer: string
  /** Names of values. */
  readonly before: string
  readonly after: string
  readonly gate: Gate
  /** Whether it levels off at both ends, as a sigmoid: then numbers beyond either end have no gradient. */
  readonly saturates: boolean
}

type Shape = Pick<ActivationFunction, 'kind' | 'gate' | 'saturates'>

const shape = (kind: string, gate: Gate, saturates = false): Shape => ({ kind, gate, saturates })

/** Those of one node; its first input is what goes in. */
const single: Readonly<Record<string, (node: Node, layers: Layers) => Shape | undefined>> = {
  Relu: () => shape('ReLU', rectifier),
  LeakyRelu: () => shape('LeakyReLU', rectifier),
  PRelu: () => shape('PReLU', rectifier),
  Elu: () => shape('ELU', rectifier),
  Selu: () => shape('SELU', rectifier),
  Celu: () => shape('CELU', rectifier),
  Softplus: () => shape('Softplus', logistic),
  Gelu: () => shape('GELU', gaussian),
  Mish: () => shape('Mish', mish),
  HardSwish: () => shape('HardSwish', ramp(-3, 3)),
  Sigmoid: () => shape('Sigmoid', logistic, true),
  Tanh: () => shape('Tanh', hyperbolic, true),
  Softsign: () => shape('Softsign', softsign, true),
  HardSigmoid: (node) => shape('HardSigmoid', hardSigmoid(node), true),
  Clip: (node, layers) => clip(node, layers),
}

/**
 * The activation functions of a network in the order in which they run, those that exporters write as several nodes
 * among them: SiLU as x · Sigmoid(x), HardSwish as x · HardSigmoid(x), Mish as x · Tanh(Softplus(x)), GELU by Erf.
 * @param model as `normalised` gives it
 */
export function activationFunctionsOf(model: Model): readonly ActivationFunction[] {
  const layers = layersOf(model)
  const inner = new Set<Layer>()
  const found = new Map<Layer, ActivationFunction>()
  const takers = takersOf(layers)
  for (const layer of layers.all) {
    const product =
      layer.op === 'Mul' ? selfGated(layer, layers) : layer.op === 'Erf' ? geluBy(layer, layers, takers) : undefined
    if (!product) continue
    for (const part of product.parts) inner.add(part)
    found.set(product.last, product.function)
  }
  return layers.all.flatMap((layer) => {
    const known = found.get(layer)
    if (known) return [known]
    const one = inner.has(layer) ? undefined : single[layer.op]?.(layer.node, layers)
    const [before, after] = [layer.node.input[0], layer.node.output[0]]
    return one && before && after ? [{ ...one, layer: layer.name, before, after }] : []
  })
}

/** Which layers read a value. */
type Takers = ReadonlyMap<string, readonly Layer[]>

function takersOf({ all }: Layers): Takers {
  const takers = new Map<string, Layer[]>()
  for (const layer of all) {
    for (const value of new Set(layer.node.input)) {
      const known = takers.get(value)
      if (known) known.push(layer)
      else takers.set(value, [layer])
    }
  }
  return takers
}

interface Product {
  readonly function: ActivationFunction
  /** Nodes that are no functions of their own. */
  readonly parts: readonly Layer[]
  readonly last: Layer
}

/** x · g(x) */
function selfGated(layer: Layer, { makers }: Layers): Product | undefined {
  const [a = '', b = ''] = layer.node.input
  for (const [x, gated] of [
    [a, b],
    [b, a],
  ] as const) {
    const maker = makers.get(gated)
    const behind = maker && makers.get(maker.node.input[0] ?? '')
    const function_ = (one: Shape) => ({ ...one, layer: layer.name, before: x, after: layer.node.output[0]! })
    if (maker?.op === 'Sigmoid' && maker.node.input[0] === x)
      return { function: function_(shape('SiLU', logistic)), parts: [maker], last: layer }
    if (maker?.op === 'HardSigmoid' && maker.node.input[0] === x)
      return { function: function_(shape('HardSwish', hardSigmoid(maker.node))), parts: [maker], last: layer }
    if (maker?.op === 'Tanh' && behind?.op === 'Softplus' && behind.node.input[0] === x)
      return { function: function_(shape('Mish', mish)), parts: [maker, behind], last: layer }
  }
  return undefined
}

/** x · ½ · (1 + erf(x ÷ √2)), with ½ at either place. */
function geluBy(erf: Layer, { makers, constants }: Layers, takers: Takers): Product | undefined {
  const scaled = makers.get(erf.node.input[0] ?? '')
  if (scaled?.op !== 'Div' && scaled?.op !== 'Mul') return undefined
  const x = scaled.node.input.find((input) => !constants.has(input))
  if (x === undefined) return undefined
  const isX = (value: string): boolean => {
    const maker = makers.get(value)
    return value === x || (maker?.op === 'Mul' && maker.node.input.includes(x))
  }
  let [last] = takers.get(erf.node.output[0]!) ?? []
  if (last?.op !== 'Add') return undefined
  for (let next = takers.get(last.node.output[0]!); next?.length === 1 && next[0]!.op === 'Mul'; ) {
    const value = last.node.output[0]!
    if (!next[0]!.node.input.every((input) => input === value || constants.has(input) || isX(input))) break
    last = next[0]!
    next = takers.get(last.node.output[0]!)
  }
  if (last.op !== 'Mul') return undefined
  const made = { ...shape('GELU', gaussian), layer: last.name, before: x, after: last.node.output[0]! }
  return { function: made, parts: [erf], last }
}

/** max(0, min(1, alpha · x + beta)) */
function hardSigmoid(node: Node): Gate {
  const number = (name: string, usual: number) => node.attribute.find((one) => one.name === name)?.f ?? usual
  const [alpha, beta] = [number('alpha', 0.2), number('beta', 0.5)]
  return ramp(-beta / alpha, (1 - beta) / alpha)
}

/** From opset 11 on the limits are inputs; one that is computed is no constant, and nothing is said of it. */
function clip({ input }: Node, { constants }: Layers): Shape | undefined {
  const limit = (at: number, none: number) => {
    const name = input[at] ?? ''
    if (name === '') return none
    const held = constants.get(name)
    const values = held && valuesOf(held)
    return typeof values === 'object' ? values[0] : undefined
  }
  const [low, high] = [limit(1, Number.NEGATIVE_INFINITY), limit(2, Number.POSITIVE_INFINITY)]
  if (low === undefined || high === undefined || !(low < high)) return undefined
  if (Number.isFinite(low) && Number.isFinite(high))
    return shape(low === 0 && high === 6 ? 'ReLU6' : 'Clip', ramp(low, high), true)
  if (high === Number.POSITIVE_INFINITY) return shape('Clip', (x) => (x > low ? 1 : 0))
  return shape('Clip', (x) => (x < high ? 1 : 0))
}
