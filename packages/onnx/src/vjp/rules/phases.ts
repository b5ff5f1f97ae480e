import type { Window } from './window.ts'

// What a convolution of stride s does to the rows of x that are r modulo s is a convolution of stride 1 with each s-th
// row of its kernels. With the padding p in front, y[o] = Σ W[i] x[s o + i − p] gives, for row s q + r of x,
//
//   dx[s q + r] = Σⱼ W[first + s j] · dy[q + shift − j],  first = (r + p) mod s,  shift = ⌊(r + p) / s⌋

/** One phase along one axis. */
export interface Phase {
  /** Of the rows of the kernels that take part, each s-th. */
  readonly first: number
  readonly taps: number
  /** Pads of dy, so that there is one result a row of the phase. */
  readonly begin: number
  readonly end: number
}

/**
 * @param axis of space
 * @returns the phases 0 to s − 1; undefined where one of them has no taps, or would have to leave out some of dy
 */
export function phasesOf(window: Window, axis: number): readonly Phase[] | undefined {
  const [kernel, stride, pad] = [window.kernel[axis]!, window.strides[axis]!, window.padsBegin[axis]!]
  const [size, outSize] = [window.sizes[axis]!, window.outSizes[axis]!]
  const phases = Array.from({ length: stride }, (_, r) => {
    const first = (r + pad) % stride
    const taps = Math.ceil((kernel - first) / stride)
    const begin = taps - 1 - Math.floor((r + pad) / stride)
    const end = Math.ceil(size / stride) - outSize + taps - 1 - begin
    return { first, taps, begin, end }
  })
  return phases.every(({ taps, begin, end }) => taps > 0 && begin >= 0 && end >= 0) ? phases : undefined
}
