import { type Handler, retryOf, type WholeMessage } from '@fanlight/ports'
import type { Delivered } from './delivered.ts'
import { unpack } from './envelope.ts'
import type { Lane } from './lane.ts'

export interface MemberOptions {
  readonly concurrency: number
  readonly retryDelayMs: number
  readonly handle: Handler
  /** Puts the message among the dead letters. */
  readonly bury: (message: WholeMessage, error: unknown, attempts: number) => Promise<void>
}

/** So many messages are fetched ahead, lest a handler's end waits for the network; others must not wait for it. */
const ahead = 1

/** One subscription: decides what starts next, and how it ended. */
export class Member {
  readonly #options: MemberOptions
  readonly #running = new Set<Promise<void>>()
  readonly #end = new AbortController()
  /** By falling priority. */
  #lanes: readonly Lane[] = []
  #turn: NodeJS.Immediate | undefined

  constructor(options: MemberOptions) {
    this.#options = options
  }

  start(lanes: readonly Lane[]): void {
    this.#lanes = lanes
    this.schedule()
  }

  /** A turn of the event loop gathers what it brings, so that few requests ask for many messages. */
  schedule(): void {
    if (this.#end.signal.aborted) return
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined
      this.#fill()
    })
  }

  /** Everything that the server knew of us is gone. */
  reset(): void {
    for (const lane of this.#lanes) lane.reset()
  }

  async stop(): Promise<void> {
    this.#end.abort()
    clearImmediate(this.#turn)
    await Promise.all(this.#lanes.map((lane) => lane.stop()))
    await Promise.all(this.#running)
    for (const lane of this.#lanes) lane.close()
  }

  #fill(): void {
    const { concurrency } = this.#options
    for (const lane of this.#lanes) {
      while (this.#running.size < concurrency && lane.hasWaiting) this.#startNext(lane)
      const free = concurrency - this.#running.size
      const room = free + ahead - this.#lanes.reduce((sum, { claimed }) => sum + claimed, 0)
      // With more topics than room, a free handler still listens to each.
      lane.ask(free > 0 ? Math.max(1, room) : room)
      // A later topic's turn comes when the server has told that this one has none waiting.
      if (!lane.isEmpty) return
    }
  }

  #startNext(lane: Lane): void {
    const delivered = lane.take()
    if (!delivered) return
    const running = this.#run(lane, delivered).finally(() => {
      this.#running.delete(running)
      lane.release(delivered)
      this.schedule()
    })
    this.#running.add(running)
  }

  /** Never rejects. */
  async #run({ topic }: Lane, delivered: Delivered): Promise<void> {
    const { handle, bury, retryDelayMs } = this.#options
    const { data: body, headers } = delivered.message
    const message = { topic, body, ...unpack(headers) }
    try {
      await handle({ ...message, deliveries: delivered.deliveries, signal: this.#end.signal })
    } catch (error) {
      if (retryOf(error) === 'later') return delivered.giveBack(retryDelayMs)
      try {
        await bury(message, error, delivered.deliveries)
      } catch {
        // Rather given up twice than lost.
        return delivered.giveBack(retryDelayMs)
      }
    }
    delivered.ack()
  }
}
