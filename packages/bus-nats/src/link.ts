import { access, constants } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isFanlightError, TransientError } from '@fanlight/ports'
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import { AuthorizationError, connect, type NatsConnection } from '@nats-io/transport-node'

export interface LinkOptions {
  /** `nats://host:4222`, one or several of a cluster. */
  readonly servers: string | readonly string[]
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly token?: string | undefined
  /** Without it TLS is spoken when the server wants it, with the authorities that Node knows. */
  readonly tls?: { readonly caFile?: string | undefined } | undefined
  /** How long a server that is away is waited for, whatever is asked of it. @default 10_000 */
  readonly publishTimeoutMs?: number | undefined
}

const attemptMs = 5_000

/** The connection, which comes back by itself, and the patience with it. */
export class Link {
  readonly connection: NatsConnection
  readonly manager: JetStreamManager
  readonly client: JetStreamClient
  readonly #servers: string
  readonly #patienceMs: number
  readonly #listeners = new Set<() => void>()
  /** What is under way and would wait in vain for its answer when the connection breaks. */
  readonly #pending = new Set<(error: Error) => void>()
  #up = Promise.withResolvers<void>()

  private constructor(connection: NatsConnection, manager: JetStreamManager, servers: string, patienceMs: number) {
    this.connection = connection
    this.manager = manager
    this.client = jetstream(connection)
    this.#servers = servers
    this.#patienceMs = patienceMs
    this.#up.resolve()
    void this.#watch()
  }

  /** @throws TransientError `BUS_UNAVAILABLE` that names what to set */
  static async open({ servers, user, password, token, tls, publishTimeoutMs = 10_000 }: LinkOptions): Promise<Link> {
    const urls = [servers].flat()
    const names = urls.map(withoutCredentials).join(', ')
    const deadline = performance.now() + publishTimeoutMs
    for (;;) {
      let connection: NatsConnection | undefined
      try {
        if (tls?.caFile !== undefined) await access(tls.caFile, constants.R_OK)
        connection = await connect({
          servers: urls,
          ...(user !== undefined && { user, pass: password ?? '' }),
          ...(token !== undefined && { token }),
          ...(tls && { tls: tls.caFile === undefined ? {} : { caFile: tls.caFile } }),
          name: 'fanlight',
          timeout: Math.min(attemptMs, publishTimeoutMs),
          maxReconnectAttempts: -1,
          reconnectTimeWait: 250,
          // Credentials may be changed on the server first and here later.
          ignoreAuthErrorAbort: true,
          // A connection whose other end vanished is told by its silence.
          pingInterval: 5_000,
          noAsyncTraces: true,
        })
        const manager = await jetstreamManager(connection, { timeout: Math.min(attemptMs, publishTimeoutMs) })
        return new Link(connection, manager, names, publishTimeoutMs)
      } catch (error) {
        await connection?.close()
        if (isFinal(error) || performance.now() >= deadline) throw unavailable(names, error)
        await sleep(Math.min(250, Math.max(0, deadline - performance.now())))
      }
    }
  }

  get isUp(): boolean {
    return this.connection.info !== undefined && !this.connection.isClosed()
  }

  /** Tells of each reconnection, until the function returned is called. */
  onReconnect(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Does it, again while the server is away or busy, as long as there is patience.
   * @throws TransientError `BUS_UNAVAILABLE`
   */
  async attempt<T>(work: (timeoutMs: number) => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#patienceMs
    const leftMs = () => Math.max(1, deadline - performance.now())
    for (let pauseMs = 20; ; pauseMs = Math.min(2 * pauseMs, 1_000)) {
      try {
        await this.#connected(leftMs())
        return await this.#unlessBroken(work(Math.min(attemptMs, leftMs())))
      } catch (error) {
        if (isFanlightError(error)) throw error
        if (isFinal(error) || performance.now() + pauseMs >= deadline) throw unavailable(this.#servers, error)
        await sleep(pauseMs)
      }
    }
  }

  /** All that was sent has reached the server, unless it is away. */
  async close(): Promise<void> {
    if (this.isUp) await atMost(2_000, this.connection.flush())
    await this.connection.close()
  }

  async #connected(timeoutMs: number): Promise<void> {
    const giveUp = new AbortController()
    const late = sleep(timeoutMs, undefined, giveUp).then(
      () => Promise.reject(unavailable(this.#servers, new Error('no connection'))),
      () => {},
    )
    try {
      await Promise.race([this.#up.promise, late])
    } finally {
      giveUp.abort()
    }
  }

  async #unlessBroken<T>(work: Promise<T>): Promise<T> {
    const broken = Promise.withResolvers<never>()
    this.#pending.add(broken.reject)
    try {
      return await Promise.race([work, broken.promise])
    } finally {
      this.#pending.delete(broken.reject)
    }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === 'disconnect') {
        this.#up = Promise.withResolvers()
        for (const reject of this.#pending) reject(new Error('the connection broke'))
      } else if (type === 'reconnect') {
        this.#up.resolve()
        for (const listener of this.#listeners) listener()
      }
    }
  }
}

/** Waits for what may never end, or fail, not too long. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const giveUp = new AbortController()
  const late = sleep(ms, undefined, giveUp).catch(() => {})
  await Promise.race([work.catch(() => {}), late])
  giveUp.abort()
}

/** Nothing that another try in a moment would change. */
function isFinal(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status < 500
  return error instanceof AuthorizationError || isTlsError(error)
}

function isTlsError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // A server that is about to stop or to start.
  if (code === 'ECONNRESET') return false
  // The only file that is read is that of the authority.
  return (
    /CERT|TLS|SSL|VERIFY|ENOENT|EACCES/.test(code) ||
    (error instanceof Error && /\btls\b|certificate/i.test(error.message))
  )
}

function unavailable(servers: string, error: unknown): TransientError {
  const said = error instanceof Error ? error.message : String(error)
  const text = (remedy: string) => `NATS at ${servers}: ${said.replace(/\p{Cc}+/gu, ' ')}: ${remedy}`
  const tell = (remedy: string) => new TransientError('BUS_UNAVAILABLE', text(remedy), { cause: error })
  if (error instanceof AuthorizationError) return tell('set user and password, or token, to what the server knows')
  if (isTlsError(error)) return tell("set tls.caFile to the certificate authority of the server's certificate")
  if (error instanceof JetStreamApiError) return tell('check JetStream and the limits of its account')
  if (/jetstream/i.test(said)) return tell('start nats-server with JetStream: -js')
  return tell('start it, or set servers to where it is')
}

function withoutCredentials(server: string): string {
  return server.replace(/\/\/.*@/, '//')
}
