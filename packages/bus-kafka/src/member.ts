import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { abandon, beatMs, type ConsumerEvents, connectConsumer, run } from './consumer.ts'
import { persist, within } from './deadline.ts'
import type { Dispatcher, TopicWindow } from './dispatcher.ts'
import { incoming } from './message.ts'
import { type Lane, Positions } from './positions.ts'

export interface MemberOptions {
  readonly client: () => Kafka
  readonly groupId: string
  /** As the dispatcher calls it, and as Kafka does. */
  readonly topic: string
  readonly kafkaTopic: string
  readonly leaseMs: number
  /** Creates it if it is not there. */
  readonly ensureTopic: () => Promise<void>
}

/** Messages of a partition that are held here and not finished, beyond which no more are fetched. */
const maxHeld = 100
/** How far a partition may be ahead of its lowest unfinished message: what is handled again if this process dies. */
const maxSpan = 1_000
const reopenDelayMs = 1_000
const partingMs = 1_000

/** One topic's consumer in a group, over all the connections that it takes: it opens another whenever one fails. */
export class Member implements ConsumerEvents {
  readonly #options: MemberOptions
  readonly #dispatcher: Dispatcher
  readonly #joined = Promise.withResolvers<void>()
  readonly #end = new AbortController()
  readonly #beat: NodeJS.Timeout
  readonly #positions: Positions
  readonly #paused = new Set<TopicWindow>()
  #consumer: Consumer | undefined
  #lane: Lane | undefined
  #memberId: string | undefined
  #owned = new Set<TopicWindow>()
  #silentBeats = 0

  constructor(options: MemberOptions, dispatcher: Dispatcher) {
    this.#options = options
    this.#dispatcher = dispatcher
    this.#positions = new Positions(options.kafkaTopic)
    this.#beat = setInterval(() => this.#onBeat(), beatMs)
  }

  /** Connects and begins to join the group. @throws when it cannot; then it may be tried again */
  async open(): Promise<void> {
    const { client, ensureTopic } = this.#options
    await ensureTopic()
    const owned = () => [...this.#owned].map(({ partition }) => partition)
    const consumer = await connectConsumer({ ...this.#options, client: client(), owned }, this)
    if (this.#end.signal.aborted) return abandon(consumer)
    this.#consumer = consumer
    this.#silentBeats = 0
    run(consumer, this)
  }

  /** Resolves when it is a member; or after some leases, while it goes on trying. */
  async joined(): Promise<void> {
    await within(3 * this.#options.leaseMs, this.#joined.promise)
  }

  /** Fetches no more. What is held may go on. */
  halt(): void {
    this.#end.abort()
    for (const place of this.#owned) this.#pause(place)
    this.#joined.resolve()
  }

  /** After `halt` and when nothing runs any more: commits what is finished, and leaves the group. */
  async leave(withinMs: number): Promise<void> {
    clearInterval(this.#beat)
    const consumer = this.#consumer
    this.#consumer = undefined
    const parting = async () => {
      // Refused while the group changes; what is not committed is handled again.
      await persist(
        partingMs,
        () => this.#positions.commit(this.#lane, this.#owned),
        () => false,
      ).catch(() => {})
      await consumer?.disconnect().catch(() => {})
    }
    await within(withinMs, parting())
  }

  /** A window holds less, or more: whether its partition is to be fetched. */
  regulate(place: TopicWindow): void {
    if (this.#end.signal.aborted || !this.#owned.has(place)) return
    const { unfinished, span } = place.window
    if (unfinished >= maxHeld || span >= maxSpan) this.#pause(place)
    else if (unfinished <= maxHeld / 2) this.#resume(place)
  }

  #pause(place: TopicWindow): void {
    if (this.#paused.has(place)) return
    this.#paused.add(place)
    this.#consumer?.pause([this.#partitionOf(place)])
  }

  #resume(place: TopicWindow): void {
    if (this.#paused.delete(place)) this.#consumer?.resume([this.#partitionOf(place)])
  }

  #partitionOf({ partition }: TopicWindow) {
    return { topic: this.#options.kafkaTopic, partitions: [partition] }
  }

  assigned(consumer: Consumer, memberId: string, partitions: readonly number[]): void {
    if (this.#consumer !== consumer) return
    this.alive()
    const { topic, kafkaTopic } = this.#options
    const isKnown = memberId === this.#memberId
    this.#memberId = memberId
    const owned = new Set(partitions.map((partition) => this.#dispatcher.window(topic, partition)))
    // Thrown out and in again, it cannot know who had its partitions in between.
    const kept = isKnown ? owned.intersection(this.#owned) : new Set<TopicWindow>()
    this.#revoke(this.#dispatcher.windows(topic).filter((place) => !kept.has(place)))
    this.#owned = owned
    for (const { partition, window } of kept) {
      // What is held is not fetched again.
      if (window.next !== undefined) consumer.seek({ topic: kafkaTopic, partition, offset: `${window.next}` })
    }
    if (this.#end.signal.aborted) for (const place of owned) this.#pause(place)
    this.#joined.resolve()
  }

  rejoining(consumer: Consumer): void {
    if (this.#consumer === consumer) this.#positions.commitSoon(this.#lane, this.#owned)
  }

  alive(): void {
    this.#silentBeats = 0
  }

  /** The broker is away, or kafkajs stands still: goes on with another consumer, and tries for ever. */
  failed(consumer: Consumer): void {
    if (this.#consumer !== consumer) return
    this.#consumer = undefined
    this.#lane = undefined
    this.#memberId = undefined
    this.#revoke(this.#dispatcher.windows(this.#options.topic))
    this.#owned.clear()
    abandon(consumer)
    void this.#reopen()
  }

  /** Takes a batch into its window, at once: handlers take their time. */
  batch(consumer: Consumer, payload: EachBatchPayload): void {
    if (this.#end.signal.aborted || this.#consumer !== consumer || !payload.isRunning() || payload.isStale()) return
    this.#lane = payload
    const { batch, resolveOffset } = payload
    const { topic } = this.#options
    const place = this.#dispatcher.window(topic, batch.partition)
    if (!this.#owned.has(place)) return
    const { window } = place
    // The log ends before what we had of it: somebody deleted the topic and made it again.
    if (window.next !== undefined && Number(batch.highWatermark) < window.next) this.#revoke([place])
    for (const message of batch.messages) window.add(Number(message.offset), incoming(topic, message))
    window.reach(Number(batch.lastOffset()) + 1)
    resolveOffset(batch.lastOffset())
    this.regulate(place)
    this.#dispatcher.wake()
  }

  #revoke(places: readonly TopicWindow[]): void {
    for (const place of places) {
      place.window.revoke()
      this.#positions.forget(place)
      this.#resume(place)
    }
  }

  async #reopen(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await sleep(reopenDelayMs, undefined, { signal: this.#end.signal }).catch(() => {})
      if (this.#end.signal.aborted) return
      try {
        return await this.open()
      } catch {
        // It is still away.
      }
    }
  }

  #onBeat(): void {
    this.#positions.commitSoon(this.#lane, this.#owned)
    // kafkajs beats only between fetches; handlers that keep the event loop busy leave it too few of them.
    this.#lane?.heartbeat().catch(() => {})
    // Counted, not timed: a process that stood still has not been silent.
    this.#silentBeats += 1
    if (this.#consumer && this.#silentBeats * beatMs > 3 * this.#options.leaseMs) this.failed(this.#consumer)
  }
}
