import { deadTopic, hashOf, ProjectId, type Topic, topics } from '@fanlight/contracts'
import { type Bus, type Clock, type Delivery, LEFT_OUT, type NewDeadLetter, type Store } from '@fanlight/ports'

/**
 * Files what was given up: the dead letters of every topic go into the store, where they are listed, read and
 * replayed, whatever carries the bus.
 */
export function startDeadLetters({
  bus,
  store,
  clock,
}: {
  bus: Bus
  store: Store
  clock: Clock
}): Promise<AsyncDisposable> {
  const read = (Object.keys(topics) as Topic[]).map(deadTopic)
  return bus.subscribe({ topics: read, group: 'dead-letters' }, (delivery) =>
    store.recordDeadLetter(letterOf(delivery, clock.now())),
  )
}

function letterOf({ topic: deadTopic, key, body, headers }: Delivery, now: number): NewDeadLetter {
  const bodyBase64 = Buffer.from(body).toString('base64')
  const topic = headers['fanlight-original-topic'] ?? deadTopic.replace(/\.dead$/, '')
  const attempts = Number(headers['fanlight-attempts']) || 1
  // Of another program's messages nothing but this tells one from the other.
  const contents = headers['ce-id'] ?? headers[LEFT_OUT] ?? bodyBase64
  return {
    id: hashOf(['dead letter', topic, key, contents, attempts]).slice(0, 16),
    project: projectIn(body),
    topic,
    key,
    headers,
    bodyBase64,
    code: headers['fanlight-error-code'] ?? 'MESSAGE_INVALID',
    error: headers['fanlight-error'] ?? 'it does not say why',
    attempts,
    at: now,
  }
}

function projectIn(body: Uint8Array): string | undefined {
  try {
    const { project } = JSON.parse(Buffer.from(body).toString('utf8')) as { project?: unknown }
    return ProjectId.safeParse(project).data
  } catch {
    return undefined
  }
}
