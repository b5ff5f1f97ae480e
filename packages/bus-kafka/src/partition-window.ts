import type { WholeMessage } from '@fanlight/ports'

/** A message of a partition on its way through this member. */
export interface Entry {
  readonly offset: number
  readonly message: WholeMessage
  /** Deliveries by this member since it got the partition: Kafka counts none. */
  attempts: number
  state: 'waiting' | 'running' | 'delayed' | 'finished'
}

/**
 * What a member holds of one partition: in which order its messages may start, and up to where the group is done.
 * Messages of a key start one at a time, in order; those of other keys overtake one that takes long or is delayed.
 * Pure: it does no I/O and knows no time.
 */
export class PartitionWindow {
  /** From the watermark on, by rising offset. */
  readonly #entries = new Map<number, Entry>()
  /** Handlers that still run from before the partition was revoked, and what became of them. */
  readonly #strays = new Map<number, Entry>()
  #ready: Entry[] = []
  /** The keys of which a message is ready, running or delayed, with those that stand behind it. */
  readonly #lines = new Map<string, Entry[]>()
  #next: number | undefined
  #unfinished = 0

  /** The offset after the last one that was added; undefined while none was. */
  get next(): number | undefined {
    return this.#next
  }

  /** The lowest offset that is not finished: what the group may commit. Undefined while nothing was added. */
  get watermark(): number | undefined {
    for (const offset of this.#entries.keys()) return offset
    return this.#next
  }

  /** Messages held that are not finished. */
  get unfinished(): number {
    return this.#unfinished
  }

  /** Offsets from the watermark to the next. */
  get span(): number {
    return (this.#next ?? 0) - (this.watermark ?? 0)
  }

  /** @param offset rising; one that was added before is ignored */
  add(offset: number, message: WholeMessage): void {
    if (this.#next !== undefined && offset < this.#next) return
    this.#next = offset + 1
    const stray = this.#strays.get(offset)
    this.#strays.delete(offset)
    if (stray) {
      this.#adopt(stray)
      return
    }
    const entry: Entry = { offset, message, attempts: 0, state: 'waiting' }
    this.#entries.set(offset, entry)
    this.#unfinished += 1
    const line = this.#lines.get(message.key)
    if (line) line.push(entry)
    else {
      this.#lines.set(message.key, [])
      this.#ready.push(entry)
    }
  }

  /** Offsets below `next` hold nothing more: they are control records, or were deleted. */
  reach(next: number): void {
    if (this.#next === undefined || this.#next < next) this.#next = next
  }

  /** The next that may start, which is now running. */
  take(): Entry | undefined {
    const entry = this.#ready.shift()
    if (entry) {
      entry.state = 'running'
      entry.attempts += 1
    }
    return entry
  }

  finish(entry: Entry): void {
    entry.state = 'finished'
    this.#nextOfKey(entry.message.key)
    if (this.#entries.get(entry.offset) !== entry) return
    this.#unfinished -= 1
    this.#trim()
  }

  /** It is to be taken again, but not yet; its key waits. @returns whether it is held still: otherwise another member's */
  delay(entry: Entry): boolean {
    if (this.#entries.get(entry.offset) === entry) {
      entry.state = 'delayed'
      return true
    }
    this.#strays.delete(entry.offset)
    this.#nextOfKey(entry.message.key)
    return false
  }

  /** The delay is over. What was revoked meanwhile stays away. */
  putBack(entry: Entry): void {
    if (entry.state !== 'delayed' || this.#entries.get(entry.offset) !== entry) return
    entry.state = 'waiting'
    this.#ready.push(entry)
  }

  /**
   * The partition is another member's. What has not started is forgotten; what runs goes on, keeps its key to itself,
   * and will not start again here if the partition comes back meanwhile.
   */
  revoke(): void {
    for (const [offset, entry] of this.#entries) if (entry.state === 'running') this.#strays.set(offset, entry)
    for (const [offset, { state }] of this.#strays) if (state === 'finished') this.#strays.delete(offset)
    this.#entries.clear()
    this.#lines.clear()
    for (const { message } of this.#strays.values()) this.#lines.set(message.key, [])
    this.#ready = []
    this.#next = undefined
    this.#unfinished = 0
  }

  #adopt(stray: Entry): void {
    this.#entries.set(stray.offset, stray)
    if (stray.state === 'finished') this.#trim()
    else this.#unfinished += 1
  }

  #nextOfKey(key: string): void {
    const next = this.#lines.get(key)?.shift()
    if (next) this.#ready.push(next)
    else this.#lines.delete(key)
  }

  #trim(): void {
    for (const [offset, { state }] of this.#entries) {
      if (state !== 'finished') return
      this.#entries.delete(offset)
    }
  }
}
