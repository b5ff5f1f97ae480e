import { z } from 'zod'
import { gradientMethod } from '../gradient-method.ts'

export const Cells = z.int().min(8).max(512).default(128)

const Params = z.strictObject({
  /** Of the map's longer side: a cell is the mean of the pixels in it. */
  cells: Cells,
})

/** Saliency (Simonyan et al. 2014, arXiv:1312.6034): max over channels of |∂ objective / ∂ input|. */
export const gradient = gradientMethod<z.infer<typeof Params>>({
  name: 'gradient',
  version: 1,
  summary: 'saliency: the size of the gradient at each pixel',
  params: Params,
  asks: ({ cells }) => ({ tap: { kind: 'input' }, reduction: 'gradient', cells }),
})
