import { test } from 'node:test'
import { natsBus } from '@fanlight/bus-nats'
import { testBrokerBus, testBus } from '@fanlight/conformance'
import { peerFor } from '@fanlight/peers'

const peer = await peerFor('nats')
if ('missing' in peer) {
  test('the bus on a real nats-server', (t) => t.skip(peer.missing))
} else {
  const servers = peer.url
  testBus('nats', () => natsBus({ servers, retryDelayMs: 20 }), { arrivalMs: 200 })
  testBrokerBus('nats', {
    open: (overrides) => natsBus({ servers, ...overrides }),
    openOtherwise: () => natsBus({ servers, maxAgeMs: 60_000, maxBytes: 1_000_000, leaseMs: 5_000 }),
    workerEntry: new URL('kit-worker.ts', import.meta.url),
    workerEnv: { KIT_NATS_URL: servers },
    leaseMs: 1_000,
    server: peer.server,
  })
}
