import {
  type AttributionsMade,
  CONTRACT_VERSION,
  type ExplanationReady,
  type ItemsReady,
  type JobChanged,
  type SourceReady,
} from '@fanlight/contracts'
import type { NewOutboxMessage } from './store-records.ts'

// The messages that stores leave by themselves: every driver leaves the same ones.

export function itemsReady(project: string, job: string): NewOutboxMessage {
  const body: ItemsReady = { version: CONTRACT_VERSION, project, job }
  return { topic: 'items.ready', key: job, body: JSON.stringify(body) }
}

export function sourceReady(project: string, job: string): NewOutboxMessage {
  const body: SourceReady = { version: CONTRACT_VERSION, project, job }
  return { topic: 'sources.ready', key: job, body: JSON.stringify(body) }
}

export function jobChanged(project: string, job: string): NewOutboxMessage {
  const body: JobChanged = { version: CONTRACT_VERSION, project, job }
  return { topic: 'jobs.changed', key: job, body: JSON.stringify(body) }
}

export function explanationReady(project: string, explanation: string): NewOutboxMessage {
  const body: ExplanationReady = { version: CONTRACT_VERSION, project, explanation }
  return { topic: 'explanations.ready', key: explanation, body: JSON.stringify(body) }
}

export function attributionsMade(project: string, job: string, item: string, explanation: string): NewOutboxMessage {
  const body: AttributionsMade = { version: CONTRACT_VERSION, project, job, item, explanation }
  return { topic: 'attributions.made', key: explanation, body: JSON.stringify(body) }
}
