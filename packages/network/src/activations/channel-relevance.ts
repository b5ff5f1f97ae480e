/** A layer's numbers for one photo, and how the target changes with each of them: [channels, height, width]. */
export interface Tapped {
  readonly activation: Float32Array
  readonly gradient: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
}

/**
 * What each channel says for the target (above zero) or against it, to first order: Σᵢ gₖ(i) · Aₖ(i), which is how much
 * the target would fall if the channel were turned off, were the network linear from there on. Numbers that are not
 * finite make their channel's NaN.
 */
export function channelRelevance({ activation, gradient, channels, height, width }: Tapped): Float64Array {
  const cells = height * width
  return Float64Array.from({ length: channels }, (_, channel) => {
    let sum = 0
    for (let at = channel * cells; at < (channel + 1) * cells; at++) sum += activation[at]! * gradient[at]!
    return sum
  })
}

/** Where a channel is strongest. */
export interface Peaks {
  /** The largest number of each channel, and its cell in row-major order: the first of equals. */
  readonly values: Float64Array
  readonly cells: Int32Array
}

export function channelPeaks({ activation, channels, height, width }: Omit<Tapped, 'gradient'>): Peaks {
  const cells = height * width
  const peaks = { values: new Float64Array(channels), cells: new Int32Array(channels) }
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * cells
    let best = 0
    for (let cell = 1; cell < cells; cell++) if (activation[start + cell]! > activation[start + best]!) best = cell
    peaks.values[channel] = activation[start + best] ?? 0
    peaks.cells[channel] = best
  }
  return peaks
}
