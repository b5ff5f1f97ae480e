import type { WholeMessage } from '@fanlight/ports'
import { Fifo } from './fifo.ts'

/** A message as the bus holds it: a copy, so that what its publisher does to it later changes nothing. */
export interface Held extends WholeMessage {
  /** Rises with each message published. */
  readonly sequence: number
}

/** A message on its way through one group. */
export interface Passage {
  readonly message: Held
  attempts: number
}

/**
 * What a group has yet to handle of a topic. At any time one message of a key can be taken, runs, or waits for its
 * retry; the later ones of the key stand behind it.
 */
export class GroupQueue {
  readonly #startable = new Fifo<Passage>()
  readonly #behind = new Map<string, Fifo<Passage> | undefined>()
  readonly #unfinished = new Set<Held>()

  /** Messages that are not finished. */
  get size(): number {
    return this.#unfinished.size
  }

  add(message: Held): void {
    const { key } = message
    const passage = { message, attempts: 0 }
    this.#unfinished.add(message)
    if (this.#behind.has(key)) {
      const line = this.#behind.get(key) ?? new Fifo<Passage>()
      line.push(passage)
      this.#behind.set(key, line)
    } else {
      this.#behind.set(key, undefined)
      this.#startable.push(passage)
    }
  }

  take(): Passage | undefined {
    return this.#startable.shift()
  }

  /** To be taken again. */
  putBack(passage: Passage): void {
    this.#startable.push(passage)
  }

  finish({ message }: Passage): void {
    this.#unfinished.delete(message)
    const next = this.#behind.get(message.key)?.shift()
    if (next) this.#startable.push(next)
    else this.#behind.delete(message.key)
  }

  /** In publish order. */
  unfinished(): Iterable<Held> {
    return this.#unfinished
  }
}
