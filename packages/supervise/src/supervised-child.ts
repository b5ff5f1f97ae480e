import type { WorkerError } from './worker-error.ts'

export interface SuperviseOptions {
  /** Module that calls `serveRequests` of `@fanlight/supervise/child`. */
  readonly entry: URL | string
  /** How errors call the child, such as `detector yolox.onnx`. */
  readonly name: string
  /** Replaces the environment. @default process.env */
  readonly env?: NodeJS.ProcessEnv
  readonly args?: readonly string[]
  /** Options of the node binary, such as `--max-old-space-size=512`. None are inherited. */
  readonly nodeArgs?: readonly string[]
  /** @default the parent's */
  readonly cwd?: string
  /** Looked at every 200 ms while a request is pending: a fast allocation overshoots by what it gets in that time. */
  readonly maxResidentBytes: number
  /** From the fork to `serveRequests`, and for any request to be started while none runs. */
  readonly loadTimeoutMs: number
}

export interface RequestOptions {
  /** From when the child starts this request: waiting behind others does not count. */
  readonly timeoutMs: number
  /**
   * Rejects with its reason. A request that waits is dropped; one that runs is left to end within its time, for the
   * sake of what the child holds in memory.
   */
  readonly signal?: AbortSignal
}

/** A child process that answers requests one at a time, in order, within limits. */
export interface SupervisedChild<Request, Reply> extends AsyncDisposable {
  readonly pid: number | undefined
  readonly alive: boolean
  /** Requests without an answer, those that wait in the child included. */
  readonly pending: number
  /** Resolves, never rejects, with why it is gone. */
  readonly exited: Promise<WorkerError>

  /**
   * @param message structured-cloneable; typed arrays are copied
   * @throws what the handler threw: FanlightErrors as they were
   * @throws WorkerError `WORKER_CRASHED`, `WORKER_TIMEOUT`, `WORKER_MEMORY`; its `started` tells which request was
   *   at work
   */
  request(message: Request, options: RequestOptions): Promise<Reply>

  /** Kills the child: what is pending rejects with `started: false`. Resolves when it is gone. */
  close(): Promise<void>
}
