import { type Bus, type OutboxMessage, retryOf, type Sends, type Store } from '@fanlight/ports'
import { rawMessage } from './topics.ts'

interface Ports {
  readonly bus: Bus
  readonly store: Store
}

/**
 * Sends what a transaction left to be sent. Dying between the two steps sends it twice, never not at all: consumers
 * bear the first, and the sweeper sees to what was not marked. A message that no bus will ever take is not kept for
 * another try, nor does it hold up the others.
 * @throws what the bus said; with `retry: never` when it refused one of them, the rest being sent
 */
export async function sendOutbox(ports: Ports, { outbox }: Sends): Promise<void> {
  if (outbox.length === 0) return
  try {
    await ports.bus.publish(outbox.map(messageIn))
  } catch (error) {
    if (retryOf(error) === 'later' || outbox.length === 1) {
      if (retryOf(error) === 'never') await ports.store.markSent(outbox.map(({ id }) => id))
      throw error
    }
    return sendEach(ports, outbox)
  }
  await ports.store.markSent(outbox.map(({ id }) => id))
}

async function sendEach(ports: Ports, outbox: readonly OutboxMessage[]): Promise<void> {
  const refusals: unknown[] = []
  for (const message of outbox) {
    await sendOutbox(ports, { outbox: [message] }).catch((error: unknown) => {
      if (retryOf(error) === 'later') throw error
      refusals.push(error)
    })
  }
  if (refusals.length > 0) throw refusals[0]
}

const messageIn = ({ id, topic, key, body, place }: OutboxMessage) => ({
  ...rawMessage(topic, key, Buffer.from(body), id),
  place,
})
