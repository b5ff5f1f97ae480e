import { createInbox, type Msg, nanos, type Subscription } from '@nats-io/transport-node'
import { Delivered } from './delivered.ts'
import { atMost, type Link } from './link.ts'

export interface LaneOptions {
  readonly link: Link
  readonly topic: string
  readonly stream: string
  readonly consumer: string
  readonly leaseMs: number
  /** Something arrived, or is known to be missing. */
  readonly changed: () => void
  /** Makes stream and consumer again, which somebody deleted. */
  readonly restore: () => Promise<unknown>
}

/**
 * `more`: hands over at once what there is, and tells when there is no more. `next`: stays with the server, which
 * answers with the next message to come; while it does, the lane has none waiting. `pause`: the server refused.
 */
interface Request {
  readonly kind: 'more' | 'next' | 'pause'
  readonly id: number
  left: number
  readonly timer: NodeJS.Timeout
}

const pauseMs = 500
/** After this the answer to a request is not to come any more. */
const lostMs = 5_000

/** One topic of a subscription: asks the server for messages, and keeps their leases. */
export class Lane {
  readonly topic: string
  readonly #options: LaneOptions
  readonly #inbox = createInbox()
  readonly #subscription: Subscription
  readonly #lease: NodeJS.Timeout
  /** Arrived and not begun. */
  readonly #waiting: Delivered[] = []
  /** Waiting or running. */
  readonly #held = new Map<number, Delivered>()
  #request: Request | undefined
  #requests = 0
  #mayHaveMore = true

  constructor(options: LaneOptions) {
    this.topic = options.topic
    this.#options = options
    this.#subscription = options.link.connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => (error ? this.#pause() : this.#receive(message)),
    })
    this.#lease = setInterval(() => {
      for (const delivered of this.#held.values()) delivered.extendLease()
    }, options.leaseMs / 3)
  }

  /** Messages that it keeps from other members beside the running ones, or may any moment. */
  get claimed(): number {
    return this.#waiting.length + (this.#request?.left ?? 0)
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** As far as the server has told. */
  get isEmpty(): boolean {
    return !this.hasWaiting && this.#request !== undefined && this.#request.kind !== 'more'
  }

  take(): Delivered | undefined {
    return this.#waiting.shift()
  }

  /** Its end was told to the server. */
  release({ sequence }: Delivered): void {
    this.#held.delete(sequence)
  }

  /** For that many messages at most, unless it is waiting for an answer. */
  ask(count: number): void {
    if (this.#request || count < 1 || !this.#options.link.isUp) return
    const { link, stream, consumer, leaseMs } = this.#options
    // A process that stands still must not be given again what it held: its request ends before its leases do.
    const expiresMs = Math.min(leaseMs / 2, 30_000)
    const more = this.#mayHaveMore
    const [kind, left, timeoutMs] = more
      ? (['more', count, lostMs] as const)
      : (['next', 1, expiresMs + lostMs] as const)
    this.#await(kind, left, timeoutMs)
    link.connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      JSON.stringify(more ? { batch: count, no_wait: true } : { batch: 1, expires: nanos(expiresMs) }),
      { reply: `${this.#inbox}.${this.#requests}` },
    )
  }

  /** The server forgot the request, with its connection. */
  reset(): void {
    this.#answered(true)
  }

  /** No more messages; those that have not begun are for other members. Those that run keep their leases. */
  async stop(): Promise<void> {
    await atMost(1_000, this.#subscription.drain())
    this.#answered(true)
    for (const delivered of this.#waiting.splice(0)) {
      this.#held.delete(delivered.sequence)
      delivered.giveBack()
    }
  }

  close(): void {
    clearInterval(this.#lease)
  }

  #await(kind: Request['kind'], left: number, timeoutMs: number): void {
    // What is not answered was lost with its server, or, before 2.10, asks of a consumer that is no more.
    const timer = setTimeout(() => (kind === 'pause' ? this.reset() : this.#pause()), timeoutMs)
    this.#request = { kind, id: ++this.#requests, left, timer }
  }

  #answered(mayHaveMore: boolean): void {
    clearTimeout(this.#request?.timer)
    this.#request = undefined
    this.#mayHaveMore = mayHaveMore
    this.#options.changed()
  }

  #receive(message: Msg): void {
    // What the server says of a request comes to the request's own subject, messages come with theirs.
    if (message.subject.startsWith(this.#inbox)) {
      this.#hear(message)
      return
    }
    const delivered = Delivered.from(message)
    if (!delivered) return
    const known = this.#held.get(delivered.sequence)
    if (known) {
      known.renew(delivered)
    } else {
      this.#held.set(delivered.sequence, delivered)
      this.#waiting.push(delivered)
    }
    const request = this.#request
    if (request) request.left -= 1
    if (request && request.left <= 0) this.#answered(delivered.pending > 0)
    else this.#options.changed()
  }

  #hear({ subject, headers }: Msg): void {
    if (subject !== `${this.#inbox}.${this.#request?.id}`) return
    const code = headers?.code ?? 0
    // 404: none there; 408: no more, or its time is over.
    if (code === 404 || code === 408) this.#answered(false)
    // 503: nobody listens; 409: deleted, or the server shuts down, or it has enough requests.
    else if (code >= 400) this.#pause()
  }

  #pause(): void {
    clearTimeout(this.#request?.timer)
    this.#await('pause', 0, pauseMs)
    this.#options.restore().catch(() => {})
    this.#options.changed()
  }
}
