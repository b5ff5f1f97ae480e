import { type FanlightError, InputError, isFanlightError, TransientError } from '@fanlight/ports'

/** What is set, as far as an error's remedy depends on it. */
export interface Connection {
  readonly brokers: readonly string[]
  readonly tls?: object | undefined
  readonly sasl?: { readonly mechanism: string; readonly username: string } | undefined
}

export const closedError = () => new TransientError('BUS_CLOSED', 'the bus is closed: open another')

/** What a failure of kafkajs means to whoever called. `BUS_UNAVAILABLE` unless the same call fails the same way again. */
export function failureFrom(error: unknown, connection: Connection): FanlightError {
  if (isFanlightError(error)) return error
  const chain = [...causes(error)]
  const of = (...kinds: string[]) => chain.find(({ name, type }) => kinds.includes(type ?? '') || kinds.includes(name))
  const why = chain.at(-1)?.message ?? String(error)
  const options = { cause: error }
  if (of('MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE')) {
    const remedy = `raise message.max.bytes of the broker or the topic to at least 1048588`
    return new InputError('MESSAGE_TOO_LARGE', `Kafka refuses a message for its size (${why}): ${remedy}`, options)
  }
  if (of('INVALID_TOPIC_EXCEPTION', 'INVALID_GROUP_ID', 'INVALID_REPLICATION_FACTOR', 'INVALID_CONFIG')) {
    return new InputError('CONFIGURATION_INVALID', `Kafka refuses a topic or group as it is set: ${why}`, options)
  }
  return new TransientError(
    'BUS_UNAVAILABLE',
    `${isRefusal(error) ? refusal(connection, why) : absence(connection, why)}`,
    options,
  )
}

/** Waiting does not help: somebody has to set something else. */
export function isRefusal(error: unknown): boolean {
  return [...causes(error)].some(
    ({ name, type, message }) =>
      name === 'KafkaJSSASLAuthenticationError' ||
      /^(SASL_|TOPIC_AUTHORIZATION|GROUP_AUTHORIZATION|CLUSTER_AUTHORIZATION|UNSUPPORTED_SASL|ILLEGAL_SASL)/.test(
        type ?? '',
      ) ||
      untrusted.test(message),
  )
}

const untrusted = /certificate|ssl routines|wrong version number|altnames/i

function refusal({ brokers, sasl }: Connection, why: string): string {
  if (untrusted.test(why)) {
    return `TLS with Kafka at ${brokers} failed (${why}): set tls.caFile to the authority that signed its certificate, and brokers to names that are in it`
  }
  const who = sasl ? `${sasl.username} by ${sasl.mechanism}` : 'a client without credentials'
  return `Kafka at ${brokers} refuses ${who} (${why}): set sasl.mechanism, sasl.username and sasl.password`
}

function absence({ brokers, tls, sasl }: Connection, why: string): string {
  const missing = [!tls && 'tls if it speaks TLS', !sasl && 'sasl if it wants credentials'].filter(Boolean)
  const remedy = ['start it, or set brokers', ...missing].join(', ')
  return `Kafka at ${brokers} does not answer (${why}): ${remedy}`
}

interface Cause {
  readonly name: string
  readonly message: string
  /** Of an error that the broker sent: the protocol's name for it. */
  readonly type?: string
}

/** The error, what caused it, and the errors it collects; the innermost last. */
function* causes(error: unknown, depth = 0): Generator<Cause> {
  if (!(error instanceof Error) || depth > 8) return
  yield error
  if ('originalError' in error) yield* causes(error.originalError, depth + 1)
  if ('errors' in error && Array.isArray(error.errors)) for (const each of error.errors) yield* causes(each, depth + 1)
  yield* causes(error.cause, depth + 1)
}
