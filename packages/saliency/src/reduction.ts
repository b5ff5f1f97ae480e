/** What a layer did with a photo, and how the target changes with each of its numbers. All sizes ≥ 1. */
export interface LayerTap {
  /** [channels, height, width], row-major. */
  readonly activation: Float32Array
  /** ∂ target / ∂ activation, of the same shape; not read by reductions that use no gradient. */
  readonly gradient: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
}

/**
 * What a layer says about the target, cell by cell: [height, width], row-major. Numbers that are not finite make at
 * least one cell that is not.
 */
export type Reduction = (tap: LayerTap) => Float32Array
