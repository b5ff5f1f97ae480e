import type { Bus, Sends, Store } from '@fanlight/ports'
import { rawMessage } from './topics.ts'

/**
 * Sends what a transaction left to be sent. Dying between the two steps sends it twice, never not at all: consumers
 * bear the first, and the sweeper sees to what was not marked.
 */
export async function sendOutbox({ bus, store }: { bus: Bus; store: Store }, { outbox }: Sends): Promise<void> {
  if (outbox.length === 0) return
  await bus.publish(
    outbox.map(({ id, topic, key, body, place }) => ({ ...rawMessage(topic, key, Buffer.from(body), id), place })),
  )
  await store.markSent(outbox.map(({ id }) => id))
}
