import { InputError } from './errors.ts'

/** Of a message's body. Brokers hold less than a megabyte and their headers count too. */
export const MAX_BODY_BYTES = 900_000

export interface Message {
  readonly topic: string
  /** Messages of one topic that share a key arrive in publish order where `supports.keyOrder`. */
  readonly key: string
  readonly body: Uint8Array
  /** CloudEvents attributes and trace context; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Where in [0, 1) among the partitions of a broker that has some: the same place goes to the same member. Without
   * it, by key. No part of what arrives.
   */
  readonly place?: number | undefined
}

/** A message as it arrives and as it is kept. */
export type WholeMessage = Required<Omit<Message, 'place'>>

export interface Delivery extends WholeMessage {
  /** How often this group was given it, this time included, as far as the bus knows: at least 1. */
  readonly deliveries: number
  /** Aborts when the subscription ends: a long handler may stop early, its message is delivered again. */
  readonly signal: AbortSignal
}

export type Handler = (delivery: Delivery) => Promise<void>

export interface SubscribeOptions {
  /** By falling priority: a message of a later topic starts only while no earlier topic has one waiting. */
  readonly topics: readonly string[]
  /** Each group gets every message; its members share them. */
  readonly group: string
  /** Handlers that may run at once in this subscription. @default 1 */
  readonly concurrency?: number
}

/** @throws InputError `MESSAGE_TOO_LARGE`: what every driver checks before it publishes any of them */
export function checkSizes(messages: readonly Message[]): void {
  for (const { topic, body } of messages) {
    if (body.byteLength <= MAX_BODY_BYTES) continue
    const size = `${body.byteLength} bytes, and at most ${MAX_BODY_BYTES} are carried`
    throw new InputError('MESSAGE_TOO_LARGE', `a message for ${topic} has ${size}: put what is large into an artifact`)
  }
}

/** How much of a topic a group has yet to handle. */
export interface Backlog {
  readonly topic: string
  readonly group: string
  /** Messages that are not handled: those that wait, run, or wait for their redelivery. */
  readonly waiting: number
}

/**
 * Carries messages between services, at least once: a handler must bear the same message twice.
 * Clauses B1… of docs/spec/bus.md; every driver passes `testBus`.
 */
export interface Bus extends AsyncDisposable {
  readonly supports: {
    readonly keyOrder: boolean
    readonly durable: boolean
    /** What a handler rejects goes to whichever member of the group is free next, rather than to the same one. */
    readonly redistributes: boolean
  }

  /**
   * Resolves once the bus holds all the messages; a `durable` bus keeps them through a crash.
   * None of them is taken when one is too large. A broker that is away is waited for, some seconds.
   * @throws TransientError `BUS_CLOSED` after disposal, `BUS_UNAVAILABLE` when the broker stays away
   * @throws InputError `MESSAGE_TOO_LARGE` for a body of more than `MAX_BODY_BYTES`
   */
  publish(messages: readonly Message[]): Promise<void>

  /**
   * A handler that rejects gets its message again after a delay, unless `retryOf` its error is `never`: then the
   * whole message goes to `<topic>.dead` with `fanlight-error` (code: message) among its headers, and the group
   * moves on. Disposing waits for the handlers that run.
   */
  subscribe(options: SubscribeOptions, handle: Handler): Promise<AsyncDisposable>

  /**
   * What waits, a row for each group that ever subscribed to one of the topics; by topic as given, then group.
   * A topic that nobody ever used has no row.
   * @throws TransientError `BUS_CLOSED`, `BUS_UNAVAILABLE`
   */
  backlog(topics: readonly string[]): Promise<readonly Backlog[]>
}
