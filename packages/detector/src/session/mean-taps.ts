import type { LayerTap } from '@fanlight/saliency'

/** The mean gradient over samples, summed in their order in float64; the activation of the first. */
export class MeanTaps {
  #first: readonly LayerTap[] = []
  #sums: readonly Float64Array[] = []
  #count = 0

  add(taps: readonly LayerTap[]): void {
    if (this.#count === 0) this.#first = taps
    if (this.#count === 1) this.#sums = this.#first.map(({ gradient }) => new Float64Array(gradient))
    if (this.#count > 0) {
      for (const [at, { gradient }] of taps.entries()) {
        const sum = this.#sums[at]!
        for (let i = 0; i < sum.length; i++) sum[i]! += gradient[i]!
      }
    }
    this.#count += 1
  }

  /** @param activation stands for the tap's own, where given */
  taps(activation?: Float32Array): readonly LayerTap[] {
    return this.#first.map((tap, at) => ({
      ...tap,
      activation: activation ?? tap.activation,
      gradient: this.#count === 1 ? tap.gradient : new Float32Array(this.#sums[at]!.map((sum) => sum / this.#count)),
    }))
  }
}

/** Euclidean. */
export function normOf(values: Float32Array): number {
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!
  return Math.sqrt(squares)
}
