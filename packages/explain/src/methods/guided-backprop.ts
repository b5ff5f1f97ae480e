import { z } from 'zod'
import { gradientMethod } from '../gradient-method.ts'
import { Cells } from './gradient.ts'

const Params = z.strictObject({
  /** Of the map's longer side: a cell is the mean of the pixels in it. */
  cells: Cells,
})

/**
 * Guided back-propagation (Springenberg et al. 2015, arXiv:1412.6806): as the gradient, but what is negative stops at
 * every rectifier. Sharp, and not to be believed: it hardly changes when the network's weights are drawn anew (Adebayo
 * et al. 2018, arXiv:1810.03292). In a network without rectifiers (SiLU, GELU) it is the gradient.
 */
export const guidedBackprop = gradientMethod<z.infer<typeof Params>>({
  name: 'guided-backprop',
  version: 1,
  summary: 'guided back-propagation (WARNING: fails sanity checks, shows edges rather than reasons)',
  params: Params,
  asks: ({ cells }) => ({ tap: { kind: 'input' }, reduction: 'gradient', guided: true, cells }),
})
