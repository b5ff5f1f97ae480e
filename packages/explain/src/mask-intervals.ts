import { BoundedMean } from '@fanlight/game'

/** Of the intervals. */
export const LEVEL = 0.9

/**
 * How sure a map of random masks is at some points, after every mask: map(x) tends to Cov(s, M(x)) ÷ p, which is the mean
 * of X = (s − c)(M(x) − p) ÷ p whatever c is, as long as it does not depend on the mask; here the mean of the scores
 * before. Scores are 0..1, so X has bounds, and its mean has an interval that holds at all times.
 */
export class MaskIntervals {
  readonly #probability: number
  readonly #bound: number
  readonly #points: readonly BoundedMean[]
  #scores = 0
  #count = 0

  /** @param probability p of a mask's keeping any one point */
  constructor(points: number, probability: number) {
    this.#probability = probability
    const bound = Math.max(1, (1 - probability) / probability)
    this.#bound = bound
    this.#points = Array.from({ length: points }, () => new BoundedMean(-bound, bound, LEVEL))
  }

  /** @param mask how much is kept at each point, 0..1 */
  add(score: number, mask: Float32Array): void {
    const surplus = score - (this.#count > 0 ? this.#scores / this.#count : 0)
    this.#points.forEach((point, i) => {
      const pull = (surplus * (mask[i]! - this.#probability)) / this.#probability
      point.add(Math.min(this.#bound, Math.max(-this.#bound, pull)))
    })
    this.#scores += score
    this.#count += 1
  }

  /** In units of the score. */
  get widest(): number {
    return 2 * Math.max(...this.#points.map(({ interval }) => interval.halfWidth))
  }

  /** At each point: the middle of its interval, and half its width. */
  get centres(): number[] {
    return this.#points.map(({ interval }) => interval.centre)
  }
  get halfWidths(): number[] {
    return this.#points.map(({ interval }) => interval.halfWidth)
  }
}
