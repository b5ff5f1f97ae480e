/** Bytes by key, the least recently used dropped first. Those that are larger than the whole are not kept. */
export class RecentBytes {
  readonly #held = new Map<string, Uint8Array>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.#held.get(key)
    if (!bytes) return undefined
    // A Map iterates in the order of insertion: used last, inserted last.
    this.#held.delete(key)
    this.#held.set(key, bytes)
    return bytes
  }

  add(key: string, bytes: Uint8Array): void {
    if (bytes.byteLength > this.#maxBytes || this.get(key)) return
    this.#held.set(key, bytes)
    this.#bytes += bytes.byteLength
    for (const [oldest, { byteLength }] of this.#held) {
      if (this.#bytes <= this.#maxBytes) return
      this.#held.delete(oldest)
      this.#bytes -= byteLength
    }
  }
}
