import type { Rule } from '../rule.ts'
import { overChannels, perChannel, standardised } from './standardised.ts'

/** At inference, along the channels: y = s · (x − μ) / √(σ² + ε) + b, so dx = dy · s / √(σ² + ε). */
export const BatchNormalization: Rule = (site) => {
  const [x, scale, , , variance] = site.inputs as readonly string[]
  if (site.int('training_mode', 0) !== 0)
    throw site.unsupported('takes its statistics from the batch', 'Export the network for inference')
  if ([1, 2, 3, 4].some(site.wants))
    throw site.unsupported('has parameters that the input decides', 'Take a layer behind it')
  const deviation = site.op('Sqrt', site.op('Add', variance!, site.scalar(site.float('epsilon', 1e-5))))
  const slope = perChannel(site, site.op('Div', scale!, deviation), site.shapeOf(x!).length)
  return [site.op('Mul', site.cotangents[0]!, slope)]
}

/** Over the picture of each channel: y = s · x̂ + b, x̂ as in `standardised`; ds = Σ dy · x̂, db = Σ dy. */
export const InstanceNormalization: Rule = (site) => {
  const [x, scale] = site.inputs as [string, string]
  const dy = site.cotangents[0]!
  const rank = site.shapeOf(x).length
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2)
  const { hat, back } = standardised(site, x, axes)
  return [
    site.wants(0) ? back(site.op('Mul', dy, perChannel(site, scale, rank))) : undefined,
    site.wants(1) ? overChannels(site, site.op('Mul', dy, hat), rank) : undefined,
    site.wants(2) ? overChannels(site, dy, rank) : undefined,
  ]
}
