import { type ErrorCode, TransientError } from '@fanlight/ports'

export interface WorkerErrorOptions extends ErrorOptions {
  readonly started: boolean
}

/** A child process is gone: it crashed, took too long or too much memory, or was closed. */
export class WorkerError extends TransientError {
  /**
   * Whether this request was the one at work, and so may be the reason: it costs an attempt. The others had only
   * waited: ask them again elsewhere, as if they had never been sent.
   */
  readonly started: boolean

  constructor(code: ErrorCode, message: string, { started, ...options }: WorkerErrorOptions) {
    super(code, message, options)
    this.started = started
  }
}
