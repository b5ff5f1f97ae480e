import type { Model } from '@fanlight/onnx'
import { integerOf, isConvolution, weightOf } from '../attributes.ts'
import { layersOf } from '../layers.ts'

/** A filter of a convolution. */
export interface FilterOf {
  readonly layer: string
  readonly filter: number
}

/** What changes each channel by itself, whatever the number. */
const channelwise = new Set([
  ...['Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Clip', 'Sigmoid', 'Tanh', 'HardSigmoid', 'HardSwish'],
  ...['Softplus', 'Softsign', 'Gelu', 'Mish', 'BatchNormalization', 'InstanceNormalization', 'Identity', 'Cast'],
  ...['MaxPool', 'AveragePool', 'Resize'],
])
const MAX_STEPS = 32

/**
 * The filter that makes a channel: back through what works on each channel alone, products with a gate of the same
 * value, and joined branches.
 * @param channelsOf of a value by its name
 * @returns undefined where several filters make the channel, as behind an addition
 */
export function filterBehind(
  model: Model,
  value: string,
  channel: number,
  channelsOf: (value: string) => number | undefined,
): FilterOf | undefined {
  const layers = layersOf(model)
  let [at, filter] = [value, channel]
  for (let step = 0; step < MAX_STEPS; step++) {
    const layer = layers.makers.get(at)
    if (!layer) return undefined
    const { op, node } = layer
    if (isConvolution(layer)) return weightOf(layer, layers) ? { layer: layer.name, filter } : undefined
    if (channelwise.has(op)) at = node.input[0]!
    else if (op === 'Mul' || op === 'Add') {
      const carried = node.input.filter((input) => !layers.constants.has(input))
      const plain = carried.find((input) => carried.every((other) => other === input || comesFrom(other, input)))
      if (plain === undefined) return undefined
      at = plain
    } else if (op === 'Concat' && integerOf(node, 'axis', 1) === 1) {
      const part = node.input.find((input) => {
        const count = channelsOf(input) ?? Number.POSITIVE_INFINITY
        if (filter < count) return true
        filter -= count
        return false
      })
      if (part === undefined || !Number.isFinite(filter)) return undefined
      at = part
    } else return undefined
  }
  return undefined

  /** Whether one value is made of another, channel by channel. */
  function comesFrom(made: string, from: string): boolean {
    let name = made
    for (let step = 0; step < 4; step++) {
      const maker = layers.makers.get(name)
      if (!maker || !channelwise.has(maker.op)) return false
      name = maker.node.input[0]!
      if (name === from) return true
    }
    return false
  }
}
