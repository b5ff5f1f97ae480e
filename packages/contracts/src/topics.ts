import type { z } from 'zod'
import {
  AttributionsMade,
  ExplanationReady,
  ItemsReady,
  JobChanged,
  QuestionShard,
  ShardAnswered,
  SourceReady,
} from './messages.ts'
import { upgraded } from './versions.ts'

/** Every topic, the schema of its bodies, and what its key is. The tables in docs are made from this one. */
export const topics = {
  'sources.ready': { schema: SourceReady, key: 'job', madeBy: 'gateway, ingest', readBy: 'ingest' },
  'items.ready': { schema: ItemsReady, key: 'job', madeBy: 'gateway, ingest', readBy: 'explainer' },
  'questions.live': { schema: QuestionShard, key: 'round-robin', madeBy: 'explainer', readBy: 'inference' },
  'questions.bulk': { schema: QuestionShard, key: 'round-robin', madeBy: 'explainer', readBy: 'inference' },
  answers: { schema: ShardAnswered, key: 'explanation id', madeBy: 'inference', readBy: 'explainer' },
  'explanations.ready': { schema: ExplanationReady, key: 'explanation id', madeBy: 'explainer', readBy: 'explainer' },
  'attributions.made': { schema: AttributionsMade, key: 'explanation id', madeBy: 'explainer', readBy: 'aggregator' },
  'jobs.changed': { schema: JobChanged, key: 'job', madeBy: 'explainer, gateway', readBy: 'gateway' },
} as const satisfies Record<string, { schema: z.ZodType; key: string; madeBy: string; readBy: string }>

export type Topic = keyof typeof topics
export type BodyOf<T extends Topic> = z.infer<(typeof topics)[T]['schema']>

/** Where a message goes whose handling was given up. */
export const deadTopic = (topic: string): string => `${topic}.dead`

export function encodeBody<T extends Topic>(topic: T, body: BodyOf<T>): Uint8Array {
  return Buffer.from(JSON.stringify(topics[topic].schema.parse(body)))
}

/**
 * Reads a body of this version, or of an older one that can be upgraded.
 * @throws ZodError or SyntaxError when the bytes are no valid body of the topic
 */
export function decodeBody<T extends Topic>(topic: T, body: Uint8Array): BodyOf<T> {
  const given: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
  return topics[topic].schema.parse(upgraded(topic, given)) as BodyOf<T>
}
