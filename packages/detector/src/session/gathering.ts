interface Entry<Work, Reply> {
  readonly work: Work
  readonly alone: boolean
  readonly resolve: (reply: Reply) => void
  readonly reject: (reason: unknown) => void
}

export interface GatheringOptions {
  readonly signal: AbortSignal
  /** It is not to be answered together with others. */
  readonly alone: boolean
}

/** At most so many works go together: as many as a child keeps photos. */
export const MAX_GATHERED = 4

/** Works that come while others run wait for them, and go together: their rows share forwards. */
export class Gathering<Work, Reply> {
  readonly #run: (works: readonly Work[]) => Promise<readonly Reply[]>
  readonly #waiting: Entry<Work, Reply>[] = []
  #running = false

  /** @param run answers works in their order, or rejects for all of them */
  constructor(run: (works: readonly Work[]) => Promise<readonly Reply[]>) {
    this.#run = run
  }

  add(work: Work, { signal, alone }: GatheringOptions): Promise<Reply> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const entry: Entry<Work, Reply> = { work, alone, resolve, reject }
    // What runs already runs on, for the others.
    const abort = () => {
      const at = this.#waiting.indexOf(entry)
      if (at >= 0) this.#waiting.splice(at, 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting.push(entry)
    void this.#runNext()
    return promise.finally(() => signal.removeEventListener('abort', abort))
  }

  async #runNext(): Promise<void> {
    if (this.#running || this.#waiting.length === 0) return
    this.#running = true
    const entries = this.#next()
    try {
      const replies = await this.#run(entries.map(({ work }) => work))
      for (const [at, { resolve }] of entries.entries()) resolve(replies[at]!)
    } catch (error) {
      for (const { reject } of entries) reject(error)
    }
    this.#running = false
    void this.#runNext()
  }

  #next(): readonly Entry<Work, Reply>[] {
    const loner = this.#waiting.findIndex(({ alone }) => alone)
    if (loner === 0) return this.#waiting.splice(0, 1)
    return this.#waiting.splice(0, Math.min(MAX_GATHERED, loner < 0 ? MAX_GATHERED : loner))
  }
}
