import { z } from 'zod'
import { gradientMethod } from '../gradient-method.ts'
import { seedFor } from '../seed.ts'
import { Cells } from './gradient.ts'

const Params = z.strictObject({
  /** Noisy copies of the photo. */
  samples: z.int().min(1).max(1000).default(20),
  /** Deviation of the noise, in shares of the range of the photo's values; the paper takes .1 to .2. */
  sigma: z.number().positive().max(10).default(0.15),
  /** Of the map's longer side: a cell is the mean of the pixels in it. */
  cells: Cells,
})

/** SmoothGrad (Smilkov et al. 2017, arXiv:1706.03825): the size of the mean gradient over noisy copies of the photo. */
export const smoothGrad = gradientMethod<z.infer<typeof Params>>({
  name: 'smoothgrad',
  version: 1,
  summary: 'SmoothGrad: the gradient, as a mean over noisy copies of the photo',
  params: Params,
  asks: ({ samples, sigma, cells }, context) => ({
    tap: { kind: 'input' },
    reduction: 'gradient',
    sampling: { kind: 'noise', count: samples, seed: seedFor(context, 'smoothgrad'), sigma },
    cells,
  }),
})
