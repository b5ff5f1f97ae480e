import type { ChannelOf, Peaks } from '@fanlight/network'

export interface StrongPlace {
  /** By its number. */
  readonly photo: number
  readonly cell: number
  readonly value: number
}

const KEPT = 4

/** For each channel the photos in which it is strongest, one place a photo. */
export class StrongestPhotos {
  /** By layer, then channel. */
  readonly #places: StrongPlace[][][] = []

  /** @param peaks by layer */
  add(photo: number, peaks: readonly Peaks[]): void {
    for (const [layer, { values, cells }] of peaks.entries()) {
      this.#places[layer] ??= Array.from(values, () => [])
      for (const [channel, value] of values.entries()) {
        const kept = this.#places[layer][channel]!
        kept.push({ photo, cell: cells[channel]!, value })
        kept.sort((a, b) => b.value - a.value || a.photo - b.photo)
        kept.length = Math.min(kept.length, KEPT)
      }
    }
  }

  /** The strongest first; of equals the earlier photo. */
  of({ layer, channel }: ChannelOf): readonly StrongPlace[] {
    return this.#places[layer]?.[channel] ?? []
  }
}
