import { rectified, sumOverCells, weighted } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Selvaraju et al. 2017, Grad-CAM, equations 1 and 2: https://arxiv.org/abs/1610.02391
//
//   wₖ = 1/Z Σᵢ gₖ(i),   M = ReLU(Σₖ wₖ · Aₖ),   Z = H · W

/** Channels by their mean gradient. */
export const gradCam: Reduction = (tap) => {
  const means = sumOverCells(tap, (at) => tap.gradient[at]!).map((sum) => sum / (tap.height * tap.width))
  return rectified(weighted(tap, means))
}
