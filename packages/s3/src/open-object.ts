import type { Readable } from 'node:stream'
import { type FanlightError, isFanlightError } from '@fanlight/ports'
import { type Place, StorageError } from './storage-error.ts'

export interface ObjectLimit {
  readonly maxBytes: number
  /** The error for an object that is larger: told at once when the server says so, else after `bytes` have been read. */
  readonly refuse: (bytes: number) => FanlightError
}

/** An object whose bytes are on their way. It has to be disposed of, which ends the transfer: it holds a connection. */
export class OpenObject implements Disposable {
  /** As the server says before it sends them. */
  readonly bytes: number | undefined
  readonly #body: Readable
  readonly #place: Place
  readonly #permit: Disposable

  /** The permit to use a connection is the object's from now on. */
  constructor(body: Readable, bytes: number | undefined, place: Place, permit: Disposable) {
    this.#body = body
    this.bytes = bytes
    this.#place = place
    this.#permit = permit
  }

  /**
   * Piece by piece, once.
   * @throws StorageError when the transfer breaks off or stands still
   */
  async *chunks({ maxBytes, refuse }: ObjectLimit): AsyncGenerator<Uint8Array> {
    if (this.bytes !== undefined && this.bytes > maxBytes) throw refuse(this.bytes)
    let total = 0
    try {
      for await (const chunk of this.#body as AsyncIterable<Buffer>) {
        total += chunk.length
        if (total > maxBytes) throw refuse(total)
        yield chunk
      }
    } catch (error) {
      throw isFanlightError(error) ? error : new StorageError(error, this.#place)
    }
  }

  [Symbol.dispose](): void {
    this.#body.destroy()
    this.#permit[Symbol.dispose]()
  }
}
