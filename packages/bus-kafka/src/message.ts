import type { Message, WholeMessage } from '@fanlight/ports'
import type { IHeaders, KafkaMessage, TopicMessages } from 'kafkajs'
import type { Placed } from './partitioner.ts'

/** A record's own framing, generously; kafkajs makes one record batch a partition of what it is given at once. */
const overheadBytes = 128
const maxBatchBytes = 1_000_000

/** Under the broker's `message.max.bytes` (1 MiB by default), whatever partitions they fall into. In order. */
export function* batches(messages: readonly Message[]): Generator<readonly Message[]> {
  let batch: Message[] = []
  let bytes = 0
  for (const message of messages) {
    const size = sizeOf(message)
    if (batch.length > 0 && bytes + size > maxBatchBytes) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(message)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

function sizeOf({ key, body, headers }: Message): number {
  const texts = [key, ...Object.entries(headers ?? {}).flat()]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), overheadBytes + body.byteLength)
}

/** A copy, by topic. */
export function outgoing(messages: readonly Message[], prefix: string): TopicMessages[] {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic)
  return [...byTopic].map(([topic, ofTopic]) => ({ topic: prefix + topic, messages: ofTopic.map(toKafka) }))
}

// A copy of the bytes: the publisher may change its own while we wait for the broker.
const toKafka = ({ key, body, headers, place }: Message): Placed => ({
  key: Buffer.from(key),
  value: Buffer.from(body),
  headers: { ...headers },
  place,
})

/** Anybody may have written it: what is missing is empty, and of a header that is repeated the last counts. */
export function incoming(topic: string, { key, value, headers }: KafkaMessage): WholeMessage {
  return {
    topic,
    key: key?.toString() ?? '',
    // A copy, for kafkajs cuts bodies out of the whole response, which would be held for as long as one of them is.
    body: new Uint8Array(value ?? []),
    headers: texts(headers ?? {}),
  }
}

function texts(headers: IHeaders): Record<string, string> {
  const last = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value])
  return Object.fromEntries(last.map(([name, value]) => [name, value?.toString() ?? '']))
}
