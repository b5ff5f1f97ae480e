import type { ReductionName, Tap } from '@fanlight/contracts'
import { z } from 'zod'
import type { Explainer } from '../explainer.ts'
import { gradientMethod } from '../gradient-method.ts'

const Params = z.strictObject({
  /** `neck`: the feature maps that the heads read, fused over scales; or the name of any value of the network. */
  layer: z.string().min(1).max(512).default('neck'),
})
type Params = z.infer<typeof Params>

/** A class activation map: a sum over a layer's channels, which the reduction weighs. */
export const camMethod = (name: ReductionName, summary: string): Explainer<Params> =>
  gradientMethod({
    name,
    version: 1,
    summary,
    params: Params,
    asks: ({ layer }) => ({ tap: tapOf(layer), reduction: name }),
  })

const tapOf = (layer: string): Tap => (layer === 'neck' ? { kind: 'neck' } : { kind: 'layer', name: layer })
