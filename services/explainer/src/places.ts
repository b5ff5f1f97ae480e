import type { Sha256 } from '@fanlight/contracts'

/** Its multiples' fractions fill [0, 1) evenly however many there are: the golden ratio's (Knuth, TAOCP 3, 6.4). */
const STEP = (Math.sqrt(5) - 1) / 2

/**
 * Where shards go on a broker with partitions: evenly over all of them while one detector is at work, and over a part
 * each when there are several, always the same part, so that a worker holds few sessions and seldom changes them.
 */
export class Places {
  #turn = 0

  /** @param active detectors at work. @returns a place in [0, 1) */
  next(detector: Sha256, active: number): number {
    const start = Number.parseInt(detector.slice(0, 8), 16) / 2 ** 32
    this.#turn += 1
    const fraction = (this.#turn * STEP) % 1
    return (start + fraction / Math.max(1, active)) % 1
  }
}
