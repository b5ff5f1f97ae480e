import { z } from 'zod'
import { gradientMethod } from '../gradient-method.ts'
import { Cells } from './gradient.ts'

const Params = z.strictObject({
  /** Of the map's longer side: a cell is the mean of the pixels in it. */
  cells: Cells,
})

/** Shrikumar et al. 2016, arXiv:1605.01713: Σ over channels of input · ∂ objective / ∂ input, signed. */
export const gradientXInput = gradientMethod<z.infer<typeof Params>>({
  name: 'gradient-x-input',
  version: 1,
  summary: 'gradient × input, signed',
  params: Params,
  asks: ({ cells }) => ({ tap: { kind: 'input' }, reduction: 'gradient-x-input', cells }),
})
