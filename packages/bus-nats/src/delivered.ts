import type { Msg } from '@nats-io/transport-node'

/** A message that the server gave us, until it knows how that ended. */
export class Delivered {
  /** Its place in the stream. */
  readonly sequence: number
  /** To its group, this one included. */
  readonly deliveries: number
  /** Messages of the stream that the group had never been given when this one was. */
  readonly pending: number
  #message: Msg

  private constructor(message: Msg, numbers: readonly number[]) {
    const [deliveries = 1, sequence = 0, , , pending = 0] = numbers
    this.#message = message
    this.deliveries = deliveries
    this.sequence = sequence
    this.pending = pending
  }

  /**
   * `$JS.ACK.STREAM.CONSUMER.deliveries.sequence.consumerSequence.time.pending`, with `DOMAIN.ACCOUNT` after `ACK` and
   * perhaps one more token at the end where there are domains.
   * @returns undefined when it is no message of a stream
   */
  static from(message: Msg): Delivered | undefined {
    const tokens = message.reply?.split('.') ?? []
    if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return undefined
    const first = tokens.length > 9 ? 6 : 4
    return new Delivered(message, tokens.slice(first, first + 5).map(Number))
  }

  get message(): Msg {
    return this.#message
  }

  /** The server gave it to us again while we had it: what we say of it now goes there. */
  renew({ message }: Delivered): void {
    this.#message = message
  }

  ack(): void {
    this.#respond('+ACK')
  }

  /** To be delivered again, after a delay or at once. */
  giveBack(delayMs = 0): void {
    this.#respond(delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : '-NAK')
  }

  extendLease(): void {
    this.#respond('+WPI')
  }

  #respond(text: string): void {
    try {
      this.#message.respond(text)
    } catch {
      // The connection is closed for good: the lease ends, and the message comes again.
    }
  }
}
