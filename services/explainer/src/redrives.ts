interface Redriven {
  readonly count: number
  readonly atMs: number
}

/** Of explanations that stall for long; older ones begin anew. */
const KEPT = 1000

/**
 * When the missing shards of a stalled explanation are sent again: what only waits its turn must not fill the bus with
 * copies of itself, so each time twice as long passes.
 */
export class Redrives {
  readonly #seen = new Map<string, Redriven>()

  /** Whether it is to be sent again now, which then counts. */
  isDue(key: string, nowMs: number, stalledMs: number): boolean {
    const { count, atMs } = this.#seen.get(key) ?? { count: 0, atMs: Number.NEGATIVE_INFINITY }
    if (nowMs - atMs < stalledMs * (2 ** count - 1)) return false
    this.#seen.delete(key)
    this.#seen.set(key, { count: count + 1, atMs: nowMs })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > KEPT && oldest !== undefined) this.#seen.delete(oldest)
    return true
  }
}
