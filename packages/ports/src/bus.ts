export interface Message {
  readonly topic: string
  /** Messages of one topic that share a key arrive in publish order where `supports.keyOrder`. */
  readonly key: string
  readonly body: Uint8Array
  /** CloudEvents attributes and trace context; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Delivery extends Message {
  readonly headers: Readonly<Record<string, string>>
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

/**
 * Carries messages between services, at least once: a handler must bear the same message twice.
 * Clauses B1… of docs/spec/bus.md; every driver passes `testBus`.
 */
export interface Bus extends AsyncDisposable {
  readonly supports: { readonly keyOrder: boolean; readonly durable: boolean }

  /**
   * Resolves once the bus holds all the messages; a `durable` bus keeps them through a crash.
   * @throws FanlightError `BUS_CLOSED` after disposal
   */
  publish(messages: readonly Message[]): Promise<void>

  /**
   * A handler that rejects gets its message again after a delay, unless `retryOf` its error is `never`: then the
   * whole message goes to `<topic>.dead` with `fanlight-error` (code: message) among its headers, and the group
   * moves on. Disposing waits for the handlers that run.
   */
  subscribe(options: SubscribeOptions, handle: Handler): Promise<AsyncDisposable>
}
