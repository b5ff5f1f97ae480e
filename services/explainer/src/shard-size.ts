import type { Measured } from '@fanlight/contracts'

/** Sizes shards by measured speed. Only later questions profit: a plan that is stored is never cut anew. */
export class ShardSizes {
  readonly #msPerForward = new Map<string, number>()
  readonly #targetShardMs: number

  constructor(targetShardMs: number) {
    this.#targetShardMs = targetShardMs
  }

  observe(detector: string, { forwards, durationMs }: Measured): void {
    if (forwards === 0) return
    const measured = durationMs / forwards
    const known = this.#msPerForward.get(detector)
    this.#msPerForward.set(detector, known === undefined ? measured : 0.7 * known + 0.3 * measured)
  }

  /** Forwards of about the target time; 16 while nothing is known. */
  sizeFor(detector: string): number {
    const ms = this.#msPerForward.get(detector)
    if (ms === undefined || ms <= 0) return 16
    return Math.min(4096, Math.max(1, Math.round(this.#targetShardMs / ms)))
  }
}
