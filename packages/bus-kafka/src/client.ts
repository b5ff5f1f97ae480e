import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { InputError } from '@fanlight/ports'
import kafkajs, { type Admin, type Kafka, type KafkaConfig } from 'kafkajs'
import type { Connection } from './errors.ts'

export interface ClientOptions extends Connection {
  readonly tls?: { readonly caFile?: string | undefined } | undefined
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
        readonly username: string
        readonly password: string
      }
    | undefined
}

const pace = { initialRetryTime: 100, maxRetryTime: 1_000, factor: 0 } as const

/** Of one call of kafkajs: about two seconds in all. Whoever calls tries again, for as long as it likes. */
export const retry = { ...pace, retries: 4 } as const

/**
 * Of consumers: about 20 s. One that comes back after a restart of the broker keeps its place and what it holds; a new
 * one would wait until the group has given up the old one, a lease.
 */
export const consumerRetry = { ...pace, retries: 22 } as const

/** A broker that accepts a request and says nothing is given up after this. */
const requestTimeout = 10_000

/** @returns makes clients: each holds the offsets of its groups, so two members of a group must not share one */
export function clientMaker({
  brokers,
  tls,
  sasl,
}: ClientOptions): (attempts: typeof retry | typeof consumerRetry) => Kafka {
  if (brokers.length === 0) throw new InputError('CONFIGURATION_INVALID', 'brokers is empty: set it to host:port, …')
  const config: KafkaConfig = {
    clientId: 'fanlight',
    brokers: [...brokers],
    ...(tls && { ssl: tls.caFile === undefined ? true : { ca: [readAuthority(tls.caFile)] } }),
    ...(sasl && { sasl: credentials(sasl) }),
    connectionTimeout: 5_000,
    requestTimeout,
    logLevel: kafkajs.logLevel.NOTHING,
    logCreator: () => () => {},
  }
  return (retry) => new kafkajs.Kafka({ ...config, retry })
}

/** kafkajs tells mechanisms apart by their types. */
function credentials({ mechanism, username, password }: NonNullable<ClientOptions['sasl']>) {
  if (mechanism === 'plain') return { mechanism, username, password }
  if (mechanism === 'scram-sha-256') return { mechanism, username, password }
  return { mechanism, username, password }
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const message = `tls.caFile ${JSON.stringify(file)} cannot be read: set it to a PEM file`
    throw new InputError('CONFIGURATION_INVALID', message, { cause })
  }
}

/** Connected for one piece of work only: seldom used, an old connection would more often be dead than not. */
export async function withAdmin<T>(client: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = client.admin({ retry })
  try {
    await admin.connect()
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

/**
 * kafkajs 2.2.4 sets a timer of a negative delay after each response even when nothing is pending: a timer a
 * millisecond and connection for ever, and a warning from Node ≥ 24 (tulios/kafkajs#1751).
 */
function calmRequestQueues(): void {
  const { prototype }: { prototype: RequestQueue } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}

calmRequestQueues()
