import { type DestinationStream, pino } from 'pino'

/** The part of pino that services use: an event's name last, its fields first. */
export interface Logger {
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
  child(fields: Record<string, unknown>): Logger
}

/** JSON lines, to stderr unless told otherwise: stdout is for data. */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  return pino({ level: options.level, base: null }, options.destination ?? pino.destination(2))
}

/** Says nothing: for tests and for commands whose output is a table. */
export const silentLogger: Logger = pino({ level: 'silent' })
