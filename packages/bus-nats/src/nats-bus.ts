import {
  type Backlog,
  type Bus,
  checkSizes,
  type Handler,
  InputError,
  type Message,
  publishDeadLetter,
  type SubscribeOptions,
  TransientError,
  type WholeMessage,
} from '@fanlight/ports'
import { millis } from '@nats-io/transport-node'
import { type Packed, pack } from './envelope.ts'
import { Lane } from './lane.ts'
import { Link, type LinkOptions } from './link.ts'
import { Member } from './member.ts'
import { type StreamOptions, Streams } from './streams.ts'

export interface NatsBusOptions extends LinkOptions, StreamOptions {
  /** Until a message is delivered again whose handler rejected. @default 1_000 */
  readonly retryDelayMs?: number
}

/**
 * A bus on NATS JetStream (nats-server 2.9 or later): a stream a topic, a durable pull consumer a group.
 * @throws TransientError `BUS_UNAVAILABLE` when the server cannot be reached within `publishTimeoutMs`, refuses the
 *   credentials or the certificate, or runs without JetStream
 */
export async function natsBus(options: NatsBusOptions): Promise<Bus> {
  return new NatsBus(await Link.open(options), options)
}

interface Parcel extends Packed {
  readonly topic: string
}

/** Messages that may be on their way to the server at once, in number and in bytes. */
const windowMessages = 256
const windowBytes = 8 * 1_048_576

/** JetStream's own limit, whatever its settings. */
const maxHeadersSize = 65_535
/** What is taken leaves room for what its dead letter tells of the error: 4,096 characters, as six bytes at worst. */
const deadLetterRoom = 32_768

class NatsBus implements Bus {
  // Members of a group go on while another's message waits for its redelivery.
  readonly supports = { keyOrder: false, durable: true, redistributes: true }
  readonly #link: Link
  readonly #streams: Streams
  readonly #retryDelayMs: number
  readonly #members = new Set<Member>()
  #closing = false
  #closed = false

  constructor(link: Link, { retryDelayMs = 1_000, ...options }: NatsBusOptions) {
    this.#link = link
    this.#streams = new Streams(link, options)
    this.#retryDelayMs = retryDelayMs
    link.onReconnect(() => {
      for (const member of this.#members) member.reset()
    })
  }

  async publish(messages: readonly Message[]): Promise<void> {
    // Handlers that disposal waits for may still publish.
    if (this.#closed) throw closedError()
    checkSizes(messages)
    await this.#sendAll(messages, deadLetterRoom)
  }

  async #sendAll(messages: readonly Message[], room: number): Promise<void> {
    const parcels = messages.map((message) => ({ topic: message.topic, ...pack(message) }))
    for (const parcel of parcels) this.#checkFits(parcel, room)
    const largest = parcels.reduce((most, { body }) => Math.max(most, body.byteLength), 1)
    const width = Math.max(1, Math.min(windowMessages, Math.floor(windowBytes / largest)))
    await eachInWindow(parcels, width, (parcel) => this.#send(parcel))
  }

  async subscribe({ topics, group, concurrency = 1 }: SubscribeOptions, handle: Handler): Promise<AsyncDisposable> {
    if (this.#closing) throw closedError()
    const consumers = await Promise.all(
      topics.map((topic) => this.#link.attempt(() => this.#streams.ensureGroup(topic, group))),
    )
    if (this.#closing) throw closedError()
    const publish = (letter: WholeMessage) => this.#sendAll([letter], 0)
    const member = new Member({
      concurrency,
      retryDelayMs: this.#retryDelayMs,
      handle,
      bury: (message, error, attempts) => publishDeadLetter(publish, message, error, attempts),
    })
    const lanes = consumers.map(({ stream_name: stream, name: consumer, config }, index) => {
      const topic = topics[index]!
      return new Lane({
        link: this.#link,
        topic,
        stream,
        consumer,
        // Of the group as it is, whatever this bus would have made it.
        leaseMs: millis(config.ack_wait ?? 30e9),
        changed: () => member.schedule(),
        restore: async () => {
          this.#streams.forget(topic)
          await this.#streams.ensureGroup(topic, group)
        },
      })
    })
    this.#members.add(member)
    member.start(lanes)
    return { [Symbol.asyncDispose]: () => this.#dismiss(member) }
  }

  async backlog(topics: readonly string[]): Promise<readonly Backlog[]> {
    if (this.#closing) throw closedError()
    const rows = await Promise.all(topics.map((topic) => this.#link.attempt(() => this.#streams.backlog(topic))))
    return rows.flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#members].map((member) => this.#dismiss(member)))
    this.#closed = true
    await this.#link.close()
  }

  async #dismiss(member: Member): Promise<void> {
    await member.stop()
    this.#members.delete(member)
  }

  #checkFits({ topic, headersSize, body }: Parcel, room: number): void {
    const tell = (what: string, most: number, remedy: string) =>
      new InputError(
        'MESSAGE_TOO_LARGE',
        `a message for ${topic} has ${what}, and at most ${most} are taken: ${remedy}`,
      )
    const most = maxHeadersSize - room
    if (headersSize > most) throw tell(`${headersSize} bytes of key and headers`, most, 'put them into the body')
    const size = headersSize + body.byteLength
    const mostSize = (this.#link.connection.info?.max_payload ?? 1_048_576) - room
    if (size > mostSize) throw tell(`${size} bytes in all`, mostSize, 'send less, or raise max_payload of nats-server')
  }

  /**
   * Without a message id of NATS: the server would swallow what is sent again with the same one within two minutes, and
   * that is exactly what the sweeper does when a message got lost. Twice is allowed, never is not.
   */
  #send({ topic, headers, body }: Parcel): Promise<void> {
    return this.#link.attempt(async (timeout) => {
      await this.#streams.ensure(topic)
      try {
        await this.#link.client.publish(this.#streams.subjectOf(topic), body, { headers, timeout })
      } catch (error) {
        this.#streams.forget(topic)
        throw error
      }
    })
  }
}

/** In order, so many at once. */
async function eachInWindow<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  let failed = false
  const worker = async () => {
    for (const item of rest) {
      if (failed) return
      await work(item)
    }
  }
  const workers = Array.from({ length: Math.min(width, items.length) }, worker)
  try {
    await Promise.all(workers)
  } finally {
    failed = true
  }
}

const closedError = () => new TransientError('BUS_CLOSED', 'the bus is closed: open another')
