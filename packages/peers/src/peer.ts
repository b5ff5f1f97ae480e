export const peerNames = ['kafka', 'nats', 's3', 'postgres'] as const
export type PeerName = (typeof peerNames)[number]

/** A running server, wherever it came from. Disposing of it stops it, and removes its data unless a folder was given. */
export interface Peer extends AsyncDisposable {
  /** `kafka://127.0.0.1:PORT`, `nats://…`, `http(s)://…` (S3), `postgres://postgres@…/postgres`. */
  readonly url: string
  /** What a client needs beyond the URL: `AWS_*` for S3, `NODE_EXTRA_CA_CERTS` where the peer made its own CA. */
  readonly env: Record<string, string>
  /** Only of a server that runs here: one behind a URL or in a container is not ours to stop. */
  readonly server?: PeerServer
}

export interface Missing {
  /** Why there is no such peer and how to get one: what a skipped test says. */
  readonly missing: string
}

export interface PeerServer {
  /** Resolves when the process is gone. SIGTERM is the server's own quick and orderly way; SIGKILL is a crash. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts again on the same port, over the same data; resolves when it serves. */
  start(): Promise<void>
  /** Freezes every process of the server (SIGSTOP): once resolved, it keeps its connections and answers nothing. */
  pause(): Promise<void>
  resume(): void
}

export interface LocalOptions {
  /** Keeps data and log here, beyond the end of the process; without it they go to a temporary folder. */
  readonly folder?: string
  /** A loopback port; without it a free one is found. */
  readonly port?: number
}

export interface Credentials {
  readonly name: string
  readonly password: string
}
