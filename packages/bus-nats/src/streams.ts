import { deadTopic } from '@fanlight/contracts'
import type { Backlog } from '@fanlight/ports'
import {
  AckPolicy,
  type ConsumerInfo,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import type { Link } from './link.ts'
import { nameOf, subjectOf } from './names.ts'

export interface StreamOptions {
  /** On one server, several buses that do not see each other. @default 'fanlight' */
  readonly prefix?: string
  /** Copies of each stream, in a cluster. @default 1 */
  readonly replicas?: number
  /** Older messages are dropped, handled or not: the store sends again what is still wanted. @default 24 hours */
  readonly maxAgeMs?: number
  /** The same, of the dead letters. @default 30 days */
  readonly deadMaxAgeMs?: number
  /** Of one topic; the oldest messages go first. Without it only the server's own limit holds. */
  readonly maxBytes?: number
  /** How long a message that nobody says anything of stays with its member. @default 10_000 */
  readonly leaseMs?: number
}

const hourMs = 3_600_000

/** Topics as streams, groups as durable consumers: made when they are first needed, used as they are if they exist. */
export class Streams {
  readonly #link: Link
  readonly #options: Required<Omit<StreamOptions, 'maxBytes'>> & Pick<StreamOptions, 'maxBytes'>
  readonly #known = new Map<string, Promise<void>>()

  constructor(link: Link, options: StreamOptions) {
    const defaults = {
      prefix: 'fanlight',
      replicas: 1,
      maxAgeMs: 24 * hourMs,
      deadMaxAgeMs: 30 * 24 * hourMs,
      leaseMs: 10_000,
    }
    this.#link = link
    this.#options = { ...defaults, ...options }
  }

  subjectOf(topic: string): string {
    return subjectOf(this.#options.prefix, topic)
  }

  /** Once a topic, until `forget`. */
  ensure(topic: string): Promise<void> {
    const known = this.#known.get(topic)
    if (known) return known
    const made = this.#makeStream(topic)
    this.#known.set(topic, made)
    made.catch(() => this.forget(topic))
    return made
  }

  /** When it may have been deleted. */
  forget(topic: string): void {
    this.#known.delete(topic)
  }

  async ensureGroup(topic: string, group: string): Promise<ConsumerInfo> {
    await this.ensure(topic)
    const { consumers } = this.#link.manager
    const [stream, name] = [this.#nameOf(topic), this.#nameOf(group)]
    const known = await found(consumers.info(stream, name))
    if (known) return known
    const made = consumers.add(stream, {
      durable_name: name,
      description: group,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(this.#options.leaseMs),
      deliver_policy: DeliverPolicy.All,
      max_deliver: -1,
      // A large group holds many, each member few; and each member has one request at a time.
      max_ack_pending: -1,
      max_waiting: 8_192,
    })
    // Another member with other settings may have been faster.
    return await made.catch(() => consumers.info(stream, name))
  }

  /** Rows by group. None for a topic that does not exist. */
  async backlog(topic: string): Promise<readonly Backlog[]> {
    const rows: Backlog[] = []
    try {
      for await (const { name, config, num_pending, num_ack_pending } of this.#link.manager.consumers.list(
        this.#nameOf(topic),
      )) {
        const group = config.description ?? ''
        // Consumers that other programs made are no groups.
        if (this.#nameOf(group) === name) rows.push({ topic, group, waiting: num_pending + num_ack_pending })
      }
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return rows.sort((a, b) => (a.group < b.group ? -1 : 1))
  }

  #nameOf(topicOrGroup: string): string {
    return nameOf(this.#options.prefix, topicOrGroup)
  }

  async #makeStream(topic: string): Promise<void> {
    const { streams } = this.#link.manager
    const { replicas, maxAgeMs, deadMaxAgeMs, maxBytes } = this.#options
    const name = this.#nameOf(topic)
    if (await found(streams.info(name))) return
    const made = streams.add({
      name,
      description: topic,
      subjects: [this.subjectOf(topic)],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: nanos(topic.endsWith(deadTopic('')) ? deadMaxAgeMs : maxAgeMs),
      ...(maxBytes !== undefined && { max_bytes: maxBytes }),
      num_replicas: replicas,
    })
    await made.catch(async (error) => {
      // Another bus with other settings may have been faster.
      if (!(await found(streams.info(name)))) throw error
    })
  }
}

async function found<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  const codes: readonly number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]
  return error instanceof JetStreamApiError && codes.includes(error.code)
}
