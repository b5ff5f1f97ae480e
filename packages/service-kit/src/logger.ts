import { trace } from '@opentelemetry/api'
import { type DestinationStream, pino } from 'pino'
import { logFields } from './log-context.ts'

/** The part of pino that services use: an event's name last, its fields first. */
export interface Logger {
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
  child(fields: Record<string, unknown>): Logger
}

export interface LoggerOptions {
  readonly level: string
  readonly destination?: DestinationStream
  /** In every line, such as the service's name. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/**
 * JSON lines, to stderr unless told otherwise: stdout is for data. Lines written while a message is handled carry its
 * ids (`withLogFields`) and its trace.
 */
export function createLogger({ level, destination, fields = {} }: LoggerOptions): Logger {
  const options = { level, base: fields, mixin: () => ({ ...logFields(), ...traceIds() }) }
  return pino(options, destination ?? pino.destination(2))
}

function traceIds() {
  const context = trace.getActiveSpan()?.spanContext()
  return context && { trace_id: context.traceId, span_id: context.spanId }
}

/** Says nothing: for tests and for commands whose output is a table. */
export const silentLogger: Logger = pino({ level: 'silent' })
