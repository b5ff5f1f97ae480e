import { deadTopic } from '@fanlight/contracts'
import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs'

export interface TopicSettings {
  readonly prefix: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly retentionMs: number
  readonly deadRetentionMs: number
}

/** Creates those that do not exist; others are left as they are. Several processes may do it at once. */
export async function ensureTopics(admin: Admin, topics: readonly string[], settings: TopicSettings): Promise<void> {
  const known = new Set(await admin.listTopics())
  for (const topic of topics) {
    // One at a time: kafkajs tells of several only that one of them failed.
    if (!known.has(settings.prefix + topic)) await create(admin, topicConfig(topic, settings))
    // Asks the leader of each partition. Of a batch that one of them refuses, kafkajs would repeat the others' part too.
    await admin.fetchTopicOffsets(settings.prefix + topic)
  }
}

async function create(admin: Admin, topic: ITopicConfig): Promise<void> {
  try {
    await admin.createTopics({ topics: [topic], waitForLeaders: true })
  } catch (error) {
    if (!alreadyExists(error)) throw error
  }
}

function alreadyExists(error: unknown): boolean {
  if (error instanceof kafkajs.KafkaJSAggregateError) return error.errors.every(alreadyExists)
  return error instanceof kafkajs.KafkaJSProtocolError && error.type === 'TOPIC_ALREADY_EXISTS'
}

function topicConfig(topic: string, settings: TopicSettings): ITopicConfig {
  const { prefix, partitions, replicationFactor, retentionMs, deadRetentionMs } = settings
  const isDead = topic.endsWith(deadTopic(''))
  return {
    topic: prefix + topic,
    numPartitions: partitions,
    replicationFactor,
    configEntries: [{ name: 'retention.ms', value: String(isDead ? deadRetentionMs : retentionMs) }],
  }
}
