import { gradientTimesActivation, rectified } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Zhao, Chan 2023, ODAM, ICLR: https://arxiv.org/abs/2304.06354
//
//   M(i) = ReLU(Σₖ Φ(gₖ)(i) · Aₖ(i))
//
// Φ, which may smooth the gradient, is the identity here, as in the authors' own code (tools/savefig_odam.py and
// model/*/network.py of https://github.com/Cyang-Zhao/ODAM).

/** Each cell of each channel by its own gradient, of either sign: what speaks for this one detection. */
export const odam: Reduction = (tap) => rectified(gradientTimesActivation(tap))
