import { hashOf } from '@fanlight/contracts'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws that depend on a seed and on what they are about, and on nothing that other dice drew. */
export class Dice {
  readonly #generator

  constructor(seed: number, ...about: readonly (string | number)[]) {
    this.#generator = xoroshiro128plus(Number.parseInt(hashOf(['dice', seed, ...about]).slice(0, 8), 16))
  }

  /** 0 ≤ x < 1. */
  draw(): number {
    return (this.#generator.next() >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.draw() < probability
  }

  /** A whole number, both bounds included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.draw() * (high - low + 1))
  }

  pick<T>(list: readonly T[]): T {
    return list[this.between(0, list.length - 1)]!
  }

  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((value) => ({ value, at: this.draw() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  }
}
