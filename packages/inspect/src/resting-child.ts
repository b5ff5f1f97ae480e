import {
  type RequestOptions,
  type SupervisedChild,
  type SuperviseOptions,
  superviseChild,
  WorkerError,
} from '@fanlight/supervise'

/** A supervised child that is there while it is asked. */
export interface RestingChild<Request, Reply> extends AsyncDisposable {
  /** Once it is, what fails is not to be asked again. */
  readonly closed: boolean
  /** @throws what the child answers with; TransientError `WORKER_*` when this very request took it down */
  request(body: Request, options: RequestOptions): Promise<Reply>
}

/** @param idleMs a child that nobody has asked for so long is closed: it holds a network */
export function restingChild<Request, Reply>(options: SuperviseOptions, idleMs: number): RestingChild<Request, Reply> {
  let child: SupervisedChild<Request, Reply> | undefined
  let idle: NodeJS.Timeout | undefined
  let closed = false

  function current(): SupervisedChild<Request, Reply> {
    clearTimeout(idle)
    if (!child?.alive) child = superviseChild<Request, Reply>(options)
    return child
  }

  function rest(): void {
    if (!child || child.pending > 0) return
    clearTimeout(idle)
    idle = setTimeout(() => void child?.close(), idleMs).unref()
  }

  return {
    get closed() {
      return closed
    },
    async request(body, limits) {
      for (;;) {
        try {
          return await current().request(body, limits)
        } catch (error) {
          // Another request took the child that this one waited in.
          if (closed || !(error instanceof WorkerError) || error.started) throw error
        } finally {
          rest()
        }
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(idle)
      await child?.close()
    },
  }
}
