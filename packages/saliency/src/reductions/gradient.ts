import type { Reduction } from '../reduction.ts'

// Simonyan, Vedaldi, Zisserman 2014, Deep inside convolutional networks, section 3.1: https://arxiv.org/abs/1312.6034
//
//   M(i) = maxₖ |gₖ(i)|

/** By how much the target would change with the most effective channel of each cell: ≥ 0. */
export const gradient: Reduction = ({ gradient, channels, height, width }) => {
  const cells = height * width
  const map = new Float32Array(cells)
  for (let at = 0; at < channels * cells; at++) map[at % cells] = Math.max(map[at % cells]!, Math.abs(gradient[at]!))
  return map
}
