import { setTimeout as sleep } from 'node:timers/promises'
import type { Assignment, Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { stickyAssigner } from './assigner.ts'
import { retry } from './client.ts'
import { within } from './deadline.ts'
import type { Dispatcher, TopicWindow } from './dispatcher.ts'
import { incoming } from './message.ts'

export interface MemberOptions {
  /** Makes a client of its own, for kafkajs keeps the positions of a group by client. */
  readonly client: () => Kafka
  readonly groupId: string
  /** As the dispatcher calls them, without the prefix. */
  readonly topics: readonly string[]
  readonly prefix: string
  readonly leaseMs: number
  /** Creates what is not there. */
  readonly ensureTopics: () => Promise<void>
}

/** Messages of a partition that are held here and not finished, beyond which no more are fetched. */
const maxHeld = 100
/** How far a partition may be ahead of its lowest unfinished message: what is handled again if this process dies. */
const maxSpan = 1_000
/** An idle fetch lasts so long: it delays a pause's end, a commit's turn and a disposal. A message ends it at once. */
const fetchWaitMs = 100
const maxBytesPerPartition = 256 * 1024
/** Between signs of life to the group, by which a member also hears that it must join anew. */
const beatMs = 500
const reopenDelayMs = 1_000

/** One consumer in a group, over all the connections that it takes: it opens another whenever one fails. */
export class Member {
  readonly #options: MemberOptions
  readonly #dispatcher: Dispatcher
  readonly #joined = Promise.withResolvers<void>()
  readonly #end = new AbortController()
  readonly #beat: NodeJS.Timeout
  readonly #committed = new Map<TopicWindow, number>()
  readonly #paused = new Set<TopicWindow>()
  #consumer: Consumer | undefined
  /** What kafkajs hands out with a batch: its own `commitOffsets` would repeat a refused commit in a later generation. */
  #lane: Pick<EachBatchPayload, 'commitOffsetsIfNecessary' | 'heartbeat'> | undefined
  #memberId: string | undefined
  #owned = new Set<TopicWindow>()
  #silentBeats = 0
  #committing: Promise<void> | undefined

  constructor(options: MemberOptions, dispatcher: Dispatcher) {
    this.#options = options
    this.#dispatcher = dispatcher
    this.#beat = setInterval(() => this.#onBeat(), beatMs)
  }

  /** Resolves when it is a member; or after some leases, while it goes on trying. */
  async joined(): Promise<void> {
    await within(3 * this.#options.leaseMs, this.#joined.promise)
  }

  /** Fetches no more, and leaves the group once everything that runs is finished and committed. */
  async stop(withinMs: number): Promise<void> {
    this.#end.abort()
    const consumer = this.#consumer
    for (const place of this.#owned) this.#pause(place)
    await this.#dispatcher.drain()
    clearInterval(this.#beat)
    this.#consumer = undefined
    const leave = async () => {
      await this.#committing
      await this.#commit()
      await consumer?.disconnect()
    }
    await within(
      withinMs,
      leave().catch(() => {}),
    )
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

  #partitionOf({ topic, partition }: TopicWindow) {
    return { topic: this.#options.prefix + topic, partitions: [partition] }
  }

  /** Connects and begins to join the group. @throws when it cannot; then it may be tried again */
  async open(): Promise<void> {
    const { client, groupId, topics, prefix, leaseMs, ensureTopics } = this.#options
    await ensureTopics()
    const consumer = client().consumer({
      groupId,
      sessionTimeout: leaseMs,
      rebalanceTimeout: leaseMs,
      heartbeatInterval: beatMs,
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition,
      minBytes: 1,
      allowAutoTopicCreation: false,
      partitionAssigners: [stickyAssigner(() => this.#assignment())],
      retry: { ...retry, restartOnFailure: async () => false },
    })
    this.#watch(consumer)
    try {
      await consumer.connect()
      await consumer.subscribe({ topics: topics.map((topic) => prefix + topic), fromBeginning: true })
    } catch (error) {
      void consumer.disconnect().catch(() => {})
      throw error
    }
    if (this.#end.signal.aborted) return void consumer.disconnect().catch(() => {})
    this.#consumer = consumer
    this.#silentBeats = 0
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => this.#takeOver(consumer, payload),
    })
  }

  #watch(consumer: Consumer): void {
    const { GROUP_JOIN, CRASH, FETCH, REBALANCING } = consumer.events
    const whenCurrent =
      <T>(listener: (event: T) => void) =>
      (event: T) => {
        this.#silentBeats = 0
        if (this.#consumer === consumer) listener(event)
      }
    consumer.on(
      GROUP_JOIN,
      whenCurrent(({ payload }) => this.#onAssigned(consumer, payload.memberId, payload.memberAssignment)),
    )
    consumer.on(
      REBALANCING,
      whenCurrent(() => void this.#commitSoon()),
    )
    consumer.on(
      FETCH,
      whenCurrent(() => {}),
    )
    consumer.on(
      CRASH,
      whenCurrent(() => void this.#reopen()),
    )
  }

  /** With another consumer, for ever: the broker is away, or kafkajs stands still. */
  async #reopen(): Promise<void> {
    const lost = this.#consumer
    this.#consumer = undefined
    this.#lane = undefined
    this.#memberId = undefined
    this.#revoke(this.#dispatcher.windows())
    this.#owned.clear()
    void lost?.disconnect().catch(() => {})
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

  #onAssigned(consumer: Consumer, memberId: string, assignment: Assignment): void {
    const { prefix } = this.#options
    const isKnown = memberId === this.#memberId
    this.#memberId = memberId
    const owned = new Set(
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => this.#dispatcher.window(topic.slice(prefix.length), partition)),
      ),
    )
    // Thrown out and in again, it cannot know who had its partitions in between.
    const kept = isKnown ? owned.intersection(this.#owned) : new Set<TopicWindow>()
    this.#revoke(this.#dispatcher.windows().filter((place) => !kept.has(place)))
    this.#owned = owned
    for (const place of kept) {
      const { next } = place.window
      // What is held is not fetched again.
      if (next !== undefined)
        consumer.seek({ topic: prefix + place.topic, partition: place.partition, offset: `${next}` })
    }
    this.#joined.resolve()
  }

  #revoke(places: readonly TopicWindow[]): void {
    for (const place of places) {
      place.window.revoke()
      this.#committed.delete(place)
      this.#resume(place)
    }
  }

  /** Takes a batch into its window, at once: handlers take their time, and kafkajs must go on for the group's sake. */
  #takeOver(consumer: Consumer, payload: EachBatchPayload): void {
    if (this.#end.signal.aborted || this.#consumer !== consumer || !payload.isRunning() || payload.isStale()) return
    this.#lane = payload
    const { batch, resolveOffset } = payload
    const topic = batch.topic.slice(this.#options.prefix.length)
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

  #assignment(): Assignment {
    const byTopic = Map.groupBy(this.#owned, ({ topic }) => this.#options.prefix + topic)
    return Object.fromEntries([...byTopic].map(([topic, places]) => [topic, places.map(({ partition }) => partition)]))
  }

  #onBeat(): void {
    void this.#commitSoon()
    // kafkajs beats only between fetches; handlers that keep the event loop busy leave it too few of them.
    this.#lane?.heartbeat().catch(() => {})
    // Counted, not timed: a process that stood still has not been silent.
    this.#silentBeats += 1
    if (this.#consumer && this.#silentBeats * beatMs > 3 * this.#options.leaseMs) void this.#reopen()
  }

  #commitSoon(): Promise<void> {
    this.#committing ??= this.#commit()
      // Refused, or not heard: the next one says the same and more.
      .catch(() => {})
      .finally(() => {
        this.#committing = undefined
      })
    return this.#committing
  }

  async #commit(): Promise<void> {
    const moved = [...this.#owned].flatMap((place) => {
      const { watermark } = place.window
      const isNew = watermark !== undefined && watermark !== this.#committed.get(place)
      return isNew ? [{ place, watermark }] : []
    })
    if (moved.length === 0 || !this.#lane) return
    const byTopic = Map.groupBy(moved, ({ place }) => this.#options.prefix + place.topic)
    await this.#lane.commitOffsetsIfNecessary({
      topics: [...byTopic].map(([topic, places]) => ({
        topic,
        partitions: places.map(({ place, watermark }) => ({ partition: place.partition, offset: `${watermark}` })),
      })),
    })
    for (const { place, watermark } of moved) if (this.#owned.has(place)) this.#committed.set(place, watermark)
  }
}
