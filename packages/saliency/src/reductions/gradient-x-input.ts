import { gradientTimesActivation } from '../channels.ts'
import type { Reduction } from '../reduction.ts'

// Shrikumar, Greenside, Shcherbina, Kundaje 2016, Not just a black box: https://arxiv.org/abs/1605.01713
//
//   M(i) = Σₖ gₖ(i) · xₖ(i)

/** What each cell adds to a linear target: signed. Made for the input; at a layer it is HiResCAM. */
export const gradientXInput: Reduction = (tap) => Float32Array.from(gradientTimesActivation(tap))
