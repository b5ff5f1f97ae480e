import { after, test } from 'node:test'
import { kafkaBus } from '@fanlight/bus-kafka'
import { type SecuredServer, testBrokerBus, testBus } from '@fanlight/conformance'
import { type Peer, peerFor, startPeer } from '@fanlight/peers'
import { isFanlightError } from '@fanlight/ports'

const brokersOf = ({ url }: Peer) => [new URL(url).host]

/** Of this machine, for a container or a URL has no credentials that we know. */
async function startSecured(): Promise<Peer | undefined> {
  const credentials = { name: 'fanlight', password: 'correct horse', mechanism } as const
  try {
    return await startPeer('kafka', { credentials, tls: true })
  } catch (error) {
    if (isFanlightError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

const mechanism = 'scram-sha-512'

function securedServer(peer: Peer): SecuredServer {
  const brokers = brokersOf(peer)
  const sasl = { mechanism, username: 'fanlight', password: 'correct horse' } as const
  const tls = { caFile: peer.env.NODE_EXTRA_CA_CERTS! }
  const open = async (options: object) => kafkaBus({ brokers, publishTimeoutMs: 3_000, partitions: 1, ...options })
  return {
    open: () => open({ tls, sasl, publishTimeoutMs: 20_000 }),
    refused: [
      {
        what: 'a wrong password',
        open: () => open({ tls, sasl: { ...sasl, password: 'x' } }),
        names: /sasl\.password/,
      },
      {
        what: 'another mechanism',
        open: () => open({ tls, sasl: { ...sasl, mechanism: 'plain' } }),
        names: /sasl\.mech/,
      },
      { what: 'no credentials', open: () => open({ tls }), names: /sasl/ },
      { what: 'an unknown authority', open: () => open({ tls: {}, sasl }), names: /tls\.caFile/ },
      { what: 'no TLS', open: () => open({ sasl }), names: /tls/ },
    ],
  }
}

const peer = await peerFor('kafka')
if ('missing' in peer) {
  test('the bus on a real Kafka', (t) => t.skip(peer.missing))
} else {
  const secured = await startSecured()
  after(() => Promise.all([peer[Symbol.asyncDispose](), secured?.[Symbol.asyncDispose]()]))
  const brokers = brokersOf(peer)
  // Three partitions instead of twelve, for the broker makes files for each.
  const settings = { prefix: 'kit.', partitions: 3, retryDelayMs: 20 }
  const openAlone = async () => kafkaBus({ brokers, ...settings, prefix: `${crypto.randomUUID()}.` })
  testBus('kafka', openAlone, { arrivalMs: 500 })
  testBrokerBus('kafka', {
    open: async (overrides) => kafkaBus({ brokers, ...settings, ...overrides }),
    openOtherwise: async () => kafkaBus({ brokers, ...settings, partitions: 2, retentionMs: 60_000 }),
    workerEntry: new URL('kit-worker.ts', import.meta.url),
    workerEnv: { KIT_KAFKA: JSON.stringify({ brokers, settings }) },
    leaseMs: 6_000,
    server: peer.server,
    secured: secured && securedServer(secured),
  })
}
