import {
  type Backlog,
  type Bus,
  type Clock,
  checkSizes,
  deadLetter,
  type Handler,
  type Message,
  retryOf,
  type SubscribeOptions,
  systemClock,
  TransientError,
} from '@fanlight/ports'
import { Fifo } from './fifo.ts'
import { GroupQueue, type Held, type Passage } from './group-queue.ts'

export interface MemoryBusOptions {
  readonly clock?: Clock
  /** Until a message is delivered again whose handler rejected. @default 1_000 */
  readonly retryDelayMs?: number
  /** Messages that a topic keeps while no group ever subscribed to it; the oldest go first. @default 10_000 */
  readonly maxUnclaimed?: number
}

/**
 * A bus inside one process. It loses everything on exit. A message is held until each group of its topic has handled
 * it; a group lasts as long as the bus, with members or without.
 */
export function memoryBus(options: MemoryBusOptions = {}): Bus {
  return new MemoryBus(options)
}

interface Topic {
  readonly groups: Map<string, GroupQueue>
  /** What was published before there was any group. */
  readonly unclaimed: Fifo<Held>
}

interface Member {
  /** One a topic, by falling priority. */
  readonly queues: readonly GroupQueue[]
  readonly concurrency: number
  readonly handle: Handler
  readonly running: Set<Promise<void>>
  readonly end: AbortController
}

class MemoryBus implements Bus {
  readonly supports = { keyOrder: true, durable: false, redistributes: true }
  readonly #clock: Clock
  readonly #retryDelayMs: number
  readonly #maxUnclaimed: number
  readonly #topics = new Map<string, Topic>()
  readonly #members = new Set<Member>()
  readonly #closing = new AbortController()
  #closed = false
  #lastSequence = 0
  #turn: NodeJS.Immediate | undefined

  constructor({ clock = systemClock, retryDelayMs = 1_000, maxUnclaimed = 10_000 }: MemoryBusOptions) {
    this.#clock = clock
    this.#retryDelayMs = retryDelayMs
    this.#maxUnclaimed = maxUnclaimed
  }

  async publish(messages: readonly Message[]): Promise<void> {
    // Handlers that disposal waits for may still publish.
    if (this.#closed) throw closedError()
    checkSizes(messages)
    for (const { topic, key, body, headers } of messages) {
      this.#hold({ topic, key, body: new Uint8Array(body), headers: { ...headers }, sequence: ++this.#lastSequence })
    }
    this.#schedule()
  }

  async subscribe({ topics, group, concurrency = 1 }: SubscribeOptions, handle: Handler): Promise<AsyncDisposable> {
    if (this.#closing.signal.aborted) throw closedError()
    const member: Member = {
      queues: topics.map((topic) => this.#queueOf(topic, group)),
      concurrency,
      handle,
      running: new Set(),
      end: new AbortController(),
    }
    this.#members.add(member)
    this.#schedule()
    return { [Symbol.asyncDispose]: () => this.#dismiss(member) }
  }

  async backlog(topics: readonly string[]): Promise<readonly Backlog[]> {
    if (this.#closing.signal.aborted) throw closedError()
    return topics.flatMap((topic) =>
      [...(this.#topics.get(topic)?.groups ?? [])]
        .map(([group, queue]) => ({ topic, group, waiting: queue.size }))
        .sort((a, b) => (a.group < b.group ? -1 : 1)),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    await Promise.all([...this.#members].map((member) => this.#dismiss(member)))
    this.#closed = true
    clearImmediate(this.#turn)
    this.#topics.clear()
  }

  async #dismiss(member: Member): Promise<void> {
    this.#members.delete(member)
    member.end.abort()
    await Promise.all(member.running)
  }

  #hold(message: Held): void {
    const { groups, unclaimed } = this.#topicOf(message.topic)
    for (const queue of groups.values()) queue.add(message)
    if (groups.size > 0) return
    unclaimed.push(message)
    if (unclaimed.length > this.#maxUnclaimed) unclaimed.shift()
  }

  #topicOf(name: string): Topic {
    const topic = this.#topics.get(name) ?? { groups: new Map(), unclaimed: new Fifo() }
    this.#topics.set(name, topic)
    return topic
  }

  /** A new group starts with what some other group has not finished, or with what nobody was there for. */
  #queueOf(topic: string, group: string): GroupQueue {
    const { groups, unclaimed } = this.#topicOf(topic)
    const known = groups.get(group)
    if (known) return known
    const queue = new GroupQueue()
    const missed = new Set([...groups.values()].flatMap((other) => [...other.unfinished()]))
    for (const message of [...missed].sort((a, b) => a.sequence - b.sequence)) queue.add(message)
    for (let message = unclaimed.shift(); message; message = unclaimed.shift()) queue.add(message)
    groups.set(group, queue)
    return queue
  }

  /** Deliveries start in a turn of their own, so that a long queue leaves room for timers and sockets. */
  #schedule(): void {
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined
      for (const member of this.#members) this.#fill(member)
    })
  }

  #fill(member: Member): void {
    while (member.running.size < member.concurrency) {
      const delivery = this.#deliverNext(member)
      if (!delivery) return
      const running = delivery.finally(() => {
        member.running.delete(running)
        this.#schedule()
      })
      member.running.add(running)
    }
  }

  #deliverNext(member: Member): Promise<void> | undefined {
    for (const queue of member.queues) {
      const passage = queue.take()
      if (passage) return this.#deliver(member, queue, passage)
    }
    return undefined
  }

  /** Never rejects. */
  async #deliver(member: Member, queue: GroupQueue, passage: Passage): Promise<void> {
    const { topic, key, body, headers } = passage.message
    const deliveries = ++passage.attempts
    try {
      await member.handle({ topic, key, body, headers, deliveries, signal: member.end.signal })
    } catch (error) {
      if (retryOf(error) === 'later') return void this.#retry(queue, passage)
      this.#hold({ ...deadLetter(passage.message, error, passage.attempts), sequence: ++this.#lastSequence })
    }
    queue.finish(passage)
  }

  async #retry(queue: GroupQueue, passage: Passage): Promise<void> {
    await this.#clock.sleep(this.#retryDelayMs, this.#closing.signal)
    if (this.#closing.signal.aborted) return
    queue.putBack(passage)
    this.#schedule()
  }
}

const closedError = () => new TransientError('BUS_CLOSED', 'the bus is closed: open another')
