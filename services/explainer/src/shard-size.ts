import type { Measured } from '@fanlight/contracts'

interface Seen {
  readonly forwards: number
  readonly durationMs: number
}

/** What an earlier question counts for when the next one comes. */
const KEPT = 0.7

/** Sizes shards by measured speed. Only later questions profit: a plan that is stored is never cut anew. */
export class ShardSizes {
  readonly #seen = new Map<string, Seen>()
  readonly #targetShardMs: number

  constructor(targetShardMs: number) {
    this.#targetShardMs = targetShardMs
  }

  /** What answering a question took: one of a single forward tells less than one of a thousand. */
  observe(detector: string, { forwards, durationMs }: Measured): void {
    if (forwards === 0) return
    const { forwards: before, durationMs: beforeMs } = this.#seen.get(detector) ?? { forwards: 0, durationMs: 0 }
    this.#seen.set(detector, { forwards: KEPT * before + forwards, durationMs: KEPT * beforeMs + durationMs })
  }

  /** Forwards of about the target time; 16 while nothing is known. */
  sizeFor(detector: string): number {
    const seen = this.#seen.get(detector)
    if (!seen || seen.durationMs <= 0) return 16
    return Math.min(4096, Math.max(1, Math.round((this.#targetShardMs * seen.forwards) / seen.durationMs)))
  }
}
