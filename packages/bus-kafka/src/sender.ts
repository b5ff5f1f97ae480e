import type { Message } from '@fanlight/ports'
import type { Kafka, Producer, TopicMessages } from 'kafkajs'
import { retry } from './client.ts'
import { batches, outgoing } from './message.ts'
import { byPlaceOrKey } from './partitioner.ts'

/** One producer, connected when it is first needed. */
export class Sender {
  readonly #producer: Producer
  readonly #prefix: string
  #connected: Promise<void> | undefined

  constructor(client: Kafka, prefix: string) {
    this.#prefix = prefix
    this.#producer = client.producer({
      createPartitioner: byPlaceOrKey,
      allowAutoTopicCreation: false,
      idempotent: false,
      // Whoever sends tries again; what kafkajs repeats on its own after that would be published once more.
      retry: { ...retry, retries: 0 },
    })
  }

  /** Copies of the messages, cut into what a broker takes at once. */
  prepare(messages: readonly Message[]): TopicMessages[][] {
    return [...batches(messages)].map((batch) => outgoing(batch, this.#prefix))
  }

  /** Resolves once all replicas in sync have it. */
  async send(topicMessages: TopicMessages[]): Promise<void> {
    await this.#connect()
    await this.#producer.sendBatch({ topicMessages, acks: -1 })
  }

  async close(): Promise<void> {
    await this.#connected?.catch(() => {})
    await this.#producer.disconnect().catch(() => {})
  }

  async #connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((error: unknown) => {
      this.#connected = undefined
      throw error
    })
    await this.#connected
  }
}
