import { rectified, sumOverCells, weighted } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Chattopadhyay et al. 2018, Grad-CAM++, equations 10 and 19: https://arxiv.org/abs/1710.11063
//
//   αₖ(i) = gₖ(i)² / (2 gₖ(i)² + Σⱼ Aₖ(j) · gₖ(i)³)
//   wₖ    = Σᵢ αₖ(i) · ReLU(gₖ(i)),   M = ReLU(Σₖ wₖ · Aₖ)
//
// with g of a score whose exponential is the target. The fraction has pytorch-grad-cam's 1e-6 below the line: with the
// small gradients of a detector that number is not without effect, and maps are to be comparable.

const EPSILON = 1e-6

/** Channels by their positive gradients, those at few and weak cells nearly as heavy as those at many. */
export const gradCamPlusPlus: Reduction = (tap) => {
  const { gradient, height, width } = tap
  const cells = height * width
  const activations = sumOverCells(tap, (at) => tap.activation[at]!)
  const weights = sumOverCells(tap, (at) => {
    const slope = gradient[at]!
    if (slope <= 0) return 0
    const below = 2 * slope ** 2 + activations[Math.floor(at / cells)]! * slope ** 3 + EPSILON
    return below === 0 ? 0 : slope ** 3 / below
  })
  return rectified(weighted(tap, weights))
}
