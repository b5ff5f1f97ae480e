import { gradientTimesActivation } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Draelos, Carin 2020, HiResCAM, section 3: https://arxiv.org/abs/2011.08891
//
//   M(i) = Σₖ gₖ(i) · Aₖ(i)

/** What each cell adds to the target, as far as what follows the layer is linear: signed, as the paper defines it. */
export const hiresCam: Reduction = (tap) => Float32Array.from(gradientTimesActivation(tap))
