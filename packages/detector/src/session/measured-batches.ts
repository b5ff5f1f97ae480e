interface Loaded {
  readonly batch: number
}

/**
 * The batch of each detector, as its first session measured it: later ones are told, so that in this process the same
 * question gives the same bits, and none measures while another computes.
 */
export class MeasuredBatches {
  readonly #wanted: number | undefined
  readonly #measured = new Map<string, Promise<Loaded>>()

  /** @param wanted for all detectors, so that nothing is measured */
  constructor(wanted: number | undefined) {
    this.#wanted = wanted
  }

  /** @param load is told the batch, or undefined when it is to measure */
  async with<Reply extends Loaded>(
    detector: string,
    load: (batch: number | undefined) => Promise<Reply>,
  ): Promise<Reply> {
    if (this.#wanted !== undefined) return load(this.#wanted)
    for (;;) {
      const known = this.#measured.get(detector)
      if (!known) return this.#measure(detector, load)
      const measured = await known.catch(() => undefined)
      if (measured) return load(measured.batch)
    }
  }

  #measure<Reply extends Loaded>(detector: string, load: (batch: undefined) => Promise<Reply>): Promise<Reply> {
    const measured = load(undefined)
    this.#measured.set(detector, measured)
    measured.catch(() => this.#measured.delete(detector))
    return measured
  }
}
