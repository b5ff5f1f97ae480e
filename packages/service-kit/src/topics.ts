import { type BodyOf, decodeBody, encodeBody, type Topic } from '@fanlight/contracts'
import { type Bus, type Delivery, InputError, type Message } from '@fanlight/ports'

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

/** Subscribes with decoded bodies. A body that its schema refuses goes to the dead letters, not round in circles. */
export function consume<T extends Topic>(
  bus: Bus,
  options: ConsumeOptions<T>,
  handle: (body: BodyOf<T>, delivery: Delivery) => Promise<void>,
): Promise<AsyncDisposable> {
  return bus.subscribe(options, (delivery) => handle(decode(delivery.topic as T, delivery.body), delivery))
}

function decode<T extends Topic>(topic: T, body: Uint8Array): BodyOf<T> {
  try {
    return decodeBody(topic, body)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InputError('MESSAGE_INVALID', `a message on ${topic} is not what its schema says: ${reason}`, { cause })
  }
}
