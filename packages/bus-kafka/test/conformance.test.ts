import { after, test } from 'node:test'
import { kafkaBus } from '@fanlight/bus-kafka'
import { testBrokerBus, testBus } from '@fanlight/conformance'
import { peerFor } from '@fanlight/peers'

const peer = await peerFor('kafka')
if ('missing' in peer) {
  test('the bus on a real Kafka', (t) => t.skip(peer.missing))
} else {
  after(() => peer[Symbol.asyncDispose]())
  const brokers = [new URL(peer.url).host]
  // Three partitions instead of twelve, for the broker makes files for each.
  const settings = { prefix: 'kit.', partitions: 3, retryDelayMs: 20 }
  testBus('kafka', async () => kafkaBus({ brokers, ...settings, prefix: `${crypto.randomUUID()}.` }), {
    arrivalMs: 500,
  })
  testBrokerBus('kafka', {
    open: async (overrides) => kafkaBus({ brokers, ...settings, ...overrides }),
    openOtherwise: async () => kafkaBus({ brokers, ...settings, partitions: 2, retentionMs: 60_000 }),
    workerEntry: new URL('kit-worker.ts', import.meta.url),
    workerEnv: { KIT_KAFKA: JSON.stringify({ brokers, settings }) },
    leaseMs: 6_000,
    server: peer.server,
  })
}
