import {
  type Backlog,
  type Bus,
  checkSizes,
  type Handler,
  type Message,
  publishDeadLetter,
  type SubscribeOptions,
} from '@fanlight/ports'
import { readBacklog } from './backlog.ts'
import { type ClientOptions, clientMaker, consumerRetry, retry, withAdmin } from './client.ts'
import { persist, within } from './deadline.ts'
import { closedError, failureFrom, isRefusal } from './errors.ts'
import { Sender } from './sender.ts'
import { Subscription } from './subscription.ts'
import { ensureTopics, type TopicSettings } from './topics.ts'

export interface KafkaBusOptions extends ClientOptions {
  /** `host:port`, some of the cluster's. */
  readonly brokers: readonly string[]
  /** Of the names of topics and groups: several installations may share a cluster. @default 'fanlight.' */
  readonly prefix?: string
  /** How long a member that says nothing keeps its partitions (session timeout; a broker allows ≥ 6 s). @default 10_000 */
  readonly leaseMs?: number
  /** Until a message is delivered again whose handler rejected. @default 1_000 */
  readonly retryDelayMs?: number
  /** How long a broker that is away is waited for. @default 10_000 */
  readonly publishTimeoutMs?: number
  /** Of topics that it creates: no more members of a group work on a topic at once. @default 12 */
  readonly partitions?: number
  /** Of topics that it creates; -1 is the broker's default. @default -1 */
  readonly replicationFactor?: number
  /** Of topics that it creates. @default 24 hours */
  readonly retentionMs?: number
  /** Of the dead letters. @default 30 days */
  readonly deadRetentionMs?: number
}

const hourMs = 3_600_000

/**
 * A bus on Apache Kafka (2.1 to 4.x), by kafkajs. Keeps key order and is durable; docs/spec/bus.md tells what it does
 * where the port leaves it open. Connects with its first use.
 * @throws InputError `CONFIGURATION_INVALID` without brokers, or when `tls.caFile` cannot be read
 */
export function kafkaBus(options: KafkaBusOptions): Bus {
  return new KafkaBus(options)
}

class KafkaBus implements Bus {
  readonly supports = { keyOrder: true, durable: true, redistributes: false }
  readonly #connection: ClientOptions
  readonly #settings: TopicSettings
  readonly #leaseMs: number
  readonly #retryDelayMs: number
  readonly #publishTimeoutMs: number
  readonly #client: ReturnType<typeof clientMaker>
  readonly #sender: Sender
  readonly #subscriptions = new Set<Subscription>()
  /** Topics that exist, as far as we know. */
  readonly #known = new Set<string>()
  #closing = false
  #closed: Promise<void> | undefined
  #isClosed = false

  constructor(options: KafkaBusOptions) {
    const { leaseMs = 10_000, retryDelayMs = 1_000, publishTimeoutMs = 10_000 } = options
    const { prefix = 'fanlight.', partitions = 12, replicationFactor = -1 } = options
    const { retentionMs = 24 * hourMs, deadRetentionMs = 30 * 24 * hourMs } = options
    this.#connection = options
    this.#settings = { prefix, partitions, replicationFactor, retentionMs, deadRetentionMs }
    this.#leaseMs = leaseMs
    this.#retryDelayMs = retryDelayMs
    this.#publishTimeoutMs = publishTimeoutMs
    this.#client = clientMaker(options)
    this.#sender = new Sender(this.#client(retry), prefix)
  }

  async publish(messages: readonly Message[]): Promise<void> {
    // Handlers that disposal waits for may still publish.
    if (this.#isClosed) throw closedError()
    checkSizes(messages)
    await this.#publish(messages)
  }

  /** Dead letters of what another program wrote may be larger than what we publish. */
  async #publish(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return
    const topics = new Set(messages.map(({ topic }) => topic))
    const batches = this.#sender.prepare(messages)
    await this.#persist(async () => {
      await this.#ensure(topics)
      try {
        while (batches.length > 0) {
          await this.#sender.send(batches[0]!)
          batches.shift()
        }
      } catch (error) {
        // Perhaps somebody deleted it.
        for (const topic of topics) this.#known.delete(topic)
        throw error
      }
    })
  }

  async subscribe({ topics, group, concurrency = 1 }: SubscribeOptions, handle: Handler): Promise<AsyncDisposable> {
    if (this.#closing) throw closedError()
    const subscription = new Subscription({
      topics,
      group,
      concurrency,
      handle,
      bury: (...given) => publishDeadLetter((letter) => this.#publish([letter]), ...given),
      client: () => this.#client(consumerRetry),
      prefix: this.#settings.prefix,
      leaseMs: this.#leaseMs,
      retryDelayMs: this.#retryDelayMs,
      ensureTopic: (topic) => this.#ensure(new Set([topic])),
    })
    this.#subscriptions.add(subscription)
    try {
      await Promise.all(subscription.members.map((member) => this.#persist(() => member.open())))
    } catch (error) {
      await this.#end(subscription)
      throw error
    }
    await Promise.all(subscription.members.map((member) => member.joined()))
    return { [Symbol.asyncDispose]: () => this.#end(subscription) }
  }

  async backlog(topics: readonly string[]): Promise<readonly Backlog[]> {
    if (this.#closing) throw closedError()
    return this.#persist(() =>
      withAdmin(this.#client(retry), (admin) => readBacklog(admin, topics, this.#settings.prefix)),
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => this.#end(subscription)))
    this.#isClosed = true
    await within(this.#publishTimeoutMs, this.#sender.close())
  }

  async #end(subscription: Subscription): Promise<void> {
    await subscription.end(this.#publishTimeoutMs)
    this.#subscriptions.delete(subscription)
  }

  async #ensure(topics: ReadonlySet<string>): Promise<void> {
    const unknown = [...topics].filter((topic) => !this.#known.has(topic))
    if (unknown.length === 0) return
    await withAdmin(this.#client(retry), (admin) => ensureTopics(admin, unknown, this.#settings))
    for (const topic of unknown) this.#known.add(topic)
  }

  /** @throws FanlightError */
  async #persist<T>(work: () => Promise<T>): Promise<T> {
    const failure = (error: unknown) => failureFrom(error, this.#connection)
    try {
      return await persist(
        this.#publishTimeoutMs,
        work,
        (error) => failure(error).retry === 'never' || isRefusal(error) || this.#isClosed,
      )
    } catch (error) {
      throw failure(error)
    }
  }
}
