import { sumOverCells, weighted } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Fu et al. 2020, Axiom-based Grad-CAM, equation 8: https://arxiv.org/abs/2008.02312
//
//   wₖ = Σᵢ gₖ(i) · Aₖ(i) / Σⱼ Aₖ(j),   M = Σₖ wₖ · Aₖ
//
// so that ΣM = Σ g · A. Below single precision a sum is what rounding left of activations that cancel: such a channel,
// and one that is zero throughout, has no weight. (pytorch-grad-cam adds 1e-7 to the sum instead.)

const CANCELLED = 2 ** -23

/** Channels by their gradient, averaged with their activation as weight: signed, as the paper defines it. */
export const xgradCam: Reduction = (tap) => {
  const { activation, gradient } = tap
  const shares = sumOverCells(tap, (at) => gradient[at]! * activation[at]!)
  const sums = sumOverCells(tap, (at) => activation[at]!)
  const masses = sumOverCells(tap, (at) => Math.abs(activation[at]!))
  const weights = shares.map((share, k) => (Math.abs(sums[k]!) > CANCELLED * masses[k]! ? share / sums[k]! : 0))
  return Float32Array.from(weighted(tap, weights))
}
