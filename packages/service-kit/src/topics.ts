import { type BodyOf, CONTRACT_VERSION, decodeBody, encodeBody, type Topic } from '@fanlight/contracts'
import { type Bus, type Delivery, InputError, type Message, TransientError } from '@fanlight/ports'
import { withLogFields } from './log-context.ts'

/** CloudEvents 1.0 attribute names as headers; `id` lets a consumer recognise a message sent twice. */
export function messageOf<T extends Topic>(topic: T, key: string, body: BodyOf<T>, id: string): Message {
  return rawMessage(topic, key, encodeBody(topic, body), id)
}

export function rawMessage(topic: string, key: string, body: Uint8Array, id: string): Message {
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': id,
    'ce-type': `fanlight.${topic}`,
    'ce-source': 'fanlight',
    'ce-subject': key,
  }
  return { topic, key, body, headers }
}

export interface ConsumeOptions<T extends Topic> {
  readonly topics: readonly T[]
  readonly group: string
  readonly concurrency?: number
}

/**
 * Subscribes with decoded bodies; what is logged meanwhile carries the body's ids. A body that its schema refuses goes
 * to the dead letters, not round in circles; one of a newer version waits for a consumer that knows it.
 */
export function consume<T extends Topic>(
  bus: Bus,
  options: ConsumeOptions<T>,
  handle: (body: BodyOf<T>, delivery: Delivery) => Promise<void>,
): Promise<AsyncDisposable> {
  return bus.subscribe(options, async (delivery) => {
    const body = decode(delivery.topic as T, delivery.body)
    await withLogFields(idsOf(body), () => handle(body, delivery))
  })
}

function decode<T extends Topic>(topic: T, body: Uint8Array): BodyOf<T> {
  try {
    return decodeBody(topic, body)
  } catch (cause) {
    const version = versionOf(body)
    // One step is what a rolling update takes; what claims more is garbage, and would wait for ever.
    if (version === CONTRACT_VERSION + 1) {
      const known = `this process knows versions up to ${CONTRACT_VERSION}: finish the update`
      throw new TransientError('MESSAGE_NEWER', `a message on ${topic} is of version ${version}, and ${known}`, {
        cause,
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InputError('MESSAGE_INVALID', `a message on ${topic} is not what its schema says: ${reason}`, { cause })
  }
}

/** 0 for what names none. */
function versionOf(body: Uint8Array): number {
  try {
    const { version } = JSON.parse(Buffer.from(body).toString('utf8')) as { version?: unknown }
    return Number.isSafeInteger(version) ? (version as number) : 0
  } catch {
    return 0
  }
}

const IDS = ['project', 'job', 'item', 'explanation', 'ordinal', 'shard'] as const

function idsOf(body: object): Readonly<Record<string, unknown>> {
  const all: Readonly<Record<string, unknown>> = { ...body }
  return Object.fromEntries(IDS.flatMap((id) => (all[id] === undefined ? [] : [[id, all[id]]])))
}
