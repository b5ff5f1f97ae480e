import { Fill } from '@fanlight/contracts'
import { z } from 'zod'
import { gradientMethod } from '../gradient-method.ts'
import { Cells } from './gradient.ts'

const Params = z.strictObject({
  /** Points between fill and photo at which the gradient is taken. */
  steps: z.int().min(1).max(1000).default(24),
  /** Where the path begins: what counts as no evidence. */
  fill: Fill.default({ kind: 'mean' }),
  /** Of the map's longer side: a cell is the mean of the pixels in it. */
  cells: Cells,
})

/**
 * Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365, eq. 1), by the midpoint rule: Σ over channels of
 * (x − x₀) · mean over the path of ∂ objective / ∂ input. Over all pixels it sums to v(photo) − v(fill), but for the
 * steps; both values are reported.
 */
export const integratedGradients = gradientMethod<z.infer<typeof Params>>({
  name: 'integrated-gradients',
  version: 1,
  summary: 'Integrated Gradients: the gradient on the way from a fill to the photo, signed',
  params: Params,
  asks: ({ steps, fill, cells }) => ({
    tap: { kind: 'input' },
    reduction: 'gradient-x-input',
    sampling: { kind: 'path', count: steps, fill },
    cells,
  }),
})
