import { type ErrorCode, FanlightError, isFanlightError, type Retry } from '@fanlight/ports'

export type ToChild = { readonly ask: number; readonly request: unknown } | { readonly cancel: number }

export type FromChild =
  | { readonly is: 'ready' }
  | { readonly is: 'started'; readonly id: number }
  | { readonly is: 'reply'; readonly id: number; readonly reply: unknown }
  | { readonly is: 'error'; readonly id: number; readonly error: WireError }

/** What is left of an error on the way between processes. */
export interface WireError {
  readonly message: string
  readonly stack: string | undefined
  /** Of a FanlightError only. */
  readonly known: { readonly code: ErrorCode; readonly retry: Retry } | undefined
}

const MAX_MESSAGE_LENGTH = 4096

export function packError(error: unknown): WireError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  return {
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    stack: stack?.slice(0, MAX_MESSAGE_LENGTH),
    known: isFanlightError(error) ? { code: error.code, retry: error.retry } : undefined,
  }
}

/** @returns the same FanlightError, or a plain Error with the child's stack as its cause */
export function unpackError({ message, stack, known }: WireError): Error {
  const cause = stack
  return known ? new FanlightError(known.code, message, { retry: known.retry, cause }) : new Error(message, { cause })
}
