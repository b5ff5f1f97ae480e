/** Closed: what can go wrong is a list that a reader can finish. The meaning of each is in docs/spec/errors.md. */
export type ErrorCode =
  // input
  | 'IMAGE_UNREADABLE'
  | 'IMAGE_UNSUPPORTED'
  | 'IMAGE_TOO_LARGE'
  | 'IMAGE_CHANGED'
  | 'NOT_A_FILE'
  | 'INPUT_NOT_FOUND'
  // detectors
  | 'MODEL_INVALID'
  | 'MODEL_UNSAFE'
  | 'MODEL_UNSUPPORTED'
  | 'MODEL_FAMILY_UNKNOWN'
  | 'MODEL_OUTPUT_INVALID'
  | 'MODEL_NOT_FOUND'
  | 'PROVIDER_UNAVAILABLE'
  // children
  | 'WORKER_CRASHED'
  | 'WORKER_TIMEOUT'
  | 'WORKER_MEMORY'
  | 'WORKER_OCCUPIED'
  | 'SHARD_ATTEMPTS_EXHAUSTED'
  // the mechanism
  | 'MESSAGE_INVALID'
  | 'MESSAGE_NEWER'
  | 'MESSAGE_TOO_LARGE'
  | 'BUS_CLOSED'
  | 'BUS_UNAVAILABLE'
  | 'ARTIFACT_NOT_FOUND'
  | 'ARTIFACT_CORRUPT'
  | 'STORE_LOCKED'
  | 'ARTIFACTS_UNAVAILABLE'
  | 'STORE_UNAVAILABLE'
  | 'DISK_FULL'
  | 'TRANSCRIPT_MISMATCH'
  | 'EXPLAINER_MISUSED'
  // people
  | 'USAGE'
  | 'CONFIGURATION_INVALID'
  | 'NOT_FOUND'
  | 'PORT_IN_USE'

/** What a consumer does with the message whose handling threw. */
export type Retry = 'later' | 'never'

export interface FanlightErrorOptions extends ErrorOptions {
  readonly retry: Retry
}

// Registered, so that two copies of this package, or two processes, recognise each other's errors.
const brand = Symbol.for('fanlight.error')

/** Every expected failure. The message names the value and the remedy; `cause` is kept. */
export class FanlightError extends Error {
  readonly [brand] = true
  readonly code: ErrorCode
  readonly retry: Retry

  constructor(code: ErrorCode, message: string, options: FanlightErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.retry = options.retry
  }
}

/** The same input fails the same way: there is no use in trying again. */
export class InputError extends FanlightError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { ...options, retry: 'never' })
  }
}

/** Another try may go well: a crashed child, a full disk, a server that is away. */
export class TransientError extends FanlightError {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, { ...options, retry: 'later' })
  }
}

export function isFanlightError(error: unknown): error is FanlightError {
  return typeof error === 'object' && error !== null && brand in error
}

/** Unknown errors are retried: giving up loses the job, trying again only costs time. */
export function retryOf(error: unknown): Retry {
  return isFanlightError(error) ? error.retry : 'later'
}

/** An error as a fact to store. Unknown ones keep their message under the code given. */
export function failureOf(error: unknown, fallback: ErrorCode): { code: ErrorCode; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: isFanlightError(error) ? error.code : fallback, message: message.slice(0, 4096) }
}
