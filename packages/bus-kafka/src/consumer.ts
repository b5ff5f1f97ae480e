import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { stickyAssigner } from './assigner.ts'
import { consumerRetry } from './client.ts'

export interface ConsumerOptions {
  /** Of its own, for kafkajs keeps the positions of a group by client. */
  readonly client: Kafka
  readonly groupId: string
  readonly kafkaTopic: string
  readonly leaseMs: number
  /** The partitions that it has, for when it joins again. */
  readonly owned: () => readonly number[]
}

/** What a consumer tells. Calls are synchronous: kafkajs does not wait, and goes on for the group's sake. */
export interface ConsumerEvents {
  /** It is a member now, or anew, and these are its partitions. */
  assigned(consumer: Consumer, memberId: string, partitions: readonly number[]): void
  /** It hears from the broker. */
  alive(): void
  /** It leaves its place to join anew. */
  rejoining(consumer: Consumer): void
  batch(consumer: Consumer, payload: EachBatchPayload): void
  /** It is of no more use. */
  failed(consumer: Consumer): void
}

/** Between signs of life to the group, by which a member also hears that it must join anew. */
export const beatMs = 500
/** An idle fetch lasts so long: it delays a pause's end and a disposal. A message ends it at once. */
const fetchWaitMs = 100
/** kafkajs ignores `maxBytes`. A message that is larger comes alone. */
const maxBytesPerPartition = 256 * 1024

/** Connects. @throws when it cannot */
export async function connectConsumer(options: ConsumerOptions, events: ConsumerEvents): Promise<Consumer> {
  const { client, groupId, kafkaTopic, leaseMs, owned } = options
  const consumer = client.consumer({
    groupId,
    sessionTimeout: leaseMs,
    rebalanceTimeout: leaseMs,
    heartbeatInterval: beatMs,
    maxWaitTimeInMs: fetchWaitMs,
    maxBytesPerPartition,
    minBytes: 1,
    allowAutoTopicCreation: false,
    partitionAssigners: [stickyAssigner(owned)],
    retry: { ...consumerRetry, restartOnFailure: async () => false },
  })
  const { GROUP_JOIN, CRASH, FETCH, REBALANCING } = consumer.events
  consumer.on(GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) =>
    events.assigned(consumer, memberId, memberAssignment[kafkaTopic] ?? []),
  )
  consumer.on(REBALANCING, () => events.rejoining(consumer))
  consumer.on(FETCH, () => events.alive())
  consumer.on(CRASH, () => events.failed(consumer))
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [kafkaTopic], fromBeginning: true })
    return consumer
  } catch (error) {
    abandon(consumer)
    throw error
  }
}

/** Joins the group, which takes as long as the group takes to let go of a member that died: a lease. */
export function run(consumer: Consumer, events: ConsumerEvents): void {
  const running = consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    eachBatch: async (payload) => events.batch(consumer, payload),
  })
  running.catch(() => events.failed(consumer))
}

/** Nobody waits for its end. */
export function abandon(consumer: Consumer | undefined): void {
  consumer?.disconnect().catch(() => {})
}
