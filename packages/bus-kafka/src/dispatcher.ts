import { type Handler, retryOf, type WholeMessage } from '@fanlight/ports'
import { type Entry, PartitionWindow } from './partition-window.ts'

export interface DispatcherOptions {
  /** By falling priority. */
  readonly topics: readonly string[]
  readonly concurrency: number
  readonly retryDelayMs: number
  readonly handle: Handler
  /** Publishes it, given up with this error after so many deliveries, to the dead letters. */
  readonly bury: (message: WholeMessage, error: unknown, attempts: number) => Promise<void>
  /** A window holds less than before, or something is finished in it. */
  readonly progressed: (window: TopicWindow) => void
}

export interface TopicWindow {
  readonly topic: string
  readonly partition: number
  readonly window: PartitionWindow
}

/** Runs the handlers of a subscription over its partitions' windows, wherever these get their messages from. */
export class Dispatcher {
  readonly #options: DispatcherOptions
  /** By topic, by falling priority; each topic's partitions take turns. */
  readonly #lanes: ReadonlyMap<string, TopicWindow[]>
  readonly #running = new Set<Promise<void>>()
  readonly #end = new AbortController()
  readonly #delays = new Set<NodeJS.Timeout>()
  #turn: NodeJS.Immediate | undefined

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.#lanes = new Map(options.topics.map((topic) => [topic, []]))
  }

  windows(topic: string): readonly TopicWindow[] {
    return this.#lanes.get(topic)!
  }

  /** It is made when it is first asked for, and lasts as long as the subscription. */
  window(topic: string, partition: number): TopicWindow {
    const lane = this.#lanes.get(topic)!
    const known = lane.find((each) => each.partition === partition)
    if (known) return known
    const made = { topic, partition, window: new PartitionWindow() }
    lane.push(made)
    return made
  }

  /** Something may start. In a turn of its own, so that a long queue leaves room for timers and sockets. */
  wake(): void {
    if (this.#end.signal.aborted) return
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined
      while (this.#running.size < this.#options.concurrency && this.#startNext());
    })
  }

  /** Starts no more, aborts the signal of its deliveries, and waits for those that run. */
  async drain(): Promise<void> {
    this.#end.abort()
    clearImmediate(this.#turn)
    for (const delay of this.#delays) clearTimeout(delay)
    await Promise.all(this.#running)
  }

  #startNext(): boolean {
    for (const lane of this.#lanes.values()) {
      for (const [index, place] of lane.entries()) {
        const entry = place.window.take()
        if (!entry) continue
        lane.push(...lane.splice(index, 1))
        this.#start(place, entry)
        return true
      }
    }
    return false
  }

  #start(place: TopicWindow, entry: Entry): void {
    const running = this.#deliver(place, entry).finally(() => {
      this.#running.delete(running)
      this.wake()
    })
    this.#running.add(running)
    this.#options.progressed(place)
  }

  /** Never rejects. */
  async #deliver(place: TopicWindow, entry: Entry): Promise<void> {
    if (await this.#isHandled(entry)) place.window.finish(entry)
    else if (place.window.delay(entry)) this.#putBackLater(place.window, entry)
    this.#options.progressed(place)
  }

  async #isHandled({ message, attempts }: Entry): Promise<boolean> {
    try {
      await this.#options.handle({ ...message, deliveries: attempts, signal: this.#end.signal })
      return true
    } catch (error) {
      if (retryOf(error) === 'later') return false
      return await this.#isBuried(message, error, attempts)
    }
  }

  /** A dead letter that cannot be published is no reason to lose the message: it is handled again. */
  async #isBuried(message: WholeMessage, error: unknown, attempts: number): Promise<boolean> {
    try {
      await this.#options.bury(message, error, attempts)
      return true
    } catch {
      return false
    }
  }

  #putBackLater(window: PartitionWindow, entry: Entry): void {
    if (this.#end.signal.aborted) return
    const delay = setTimeout(() => {
      this.#delays.delete(delay)
      window.putBack(entry)
      this.wake()
    }, this.#options.retryDelayMs)
    this.#delays.add(delay)
  }
}
