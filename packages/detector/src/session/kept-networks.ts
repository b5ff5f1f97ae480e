import type { Sha256 } from '@fanlight/contracts'
import type { DerivedModels } from './derived-models.ts'

/** What was built of detectors, fetched and kept in such a way that no work waits for a write, or fails with either. */
export class KeptNetworks {
  readonly #derived: DerivedModels
  #writes: Promise<unknown> = Promise.resolve()

  constructor(derived: DerivedModels) {
    this.#derived = derived
  }

  get(key: Sha256): Promise<Uint8Array | undefined> {
    return this.#derived.get(key).catch(() => undefined)
  }

  keep(key: Sha256, bytes: Uint8Array): void {
    this.#writes = Promise.allSettled([this.#writes, this.#derived.put(key, bytes)])
  }

  /** Resolves when nothing is on its way any more. */
  async settled(): Promise<void> {
    await this.#writes
  }
}
