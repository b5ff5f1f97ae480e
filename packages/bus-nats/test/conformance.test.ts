import { after, test } from 'node:test'
import { natsBus } from '@fanlight/bus-nats'
import { type SecuredServer, testBrokerBus, testBus } from '@fanlight/conformance'
import { peerFor, startPeer } from '@fanlight/peers'

// All servers first: the runner takes a pause between suites for the end of the file.
const peer = await peerFor('nats')
// Only a server of our own has a certificate of its own.
const secured = 'server' in peer && peer.server ? await securedServer() : undefined
if ('missing' in peer) {
  test('the bus on a real nats-server', (t) => t.skip(peer.missing))
} else {
  after(() => peer[Symbol.asyncDispose]())
  const servers = peer.url
  testBus('nats', () => natsBus({ servers, retryDelayMs: 20 }), { arrivalMs: 200 })
  testBrokerBus('nats', {
    open: (overrides) => natsBus({ servers, ...overrides }),
    openOtherwise: () => natsBus({ servers, maxAgeMs: 60_000, maxBytes: 1_000_000, leaseMs: 5_000 }),
    workerEntry: new URL('kit-worker.ts', import.meta.url),
    workerEnv: { KIT_NATS_URL: servers },
    leaseMs: 1_000,
    server: peer.server,
    secured,
  })
}

async function securedServer(): Promise<SecuredServer> {
  const [user, password] = ['fanlight', 'right and safe']
  const secured = await startPeer('nats', { credentials: { name: user, password }, tls: true })
  after(() => secured[Symbol.asyncDispose]())
  const tls = { caFile: secured.env.NODE_EXTRA_CA_CERTS }
  const right = { servers: secured.url, user, password, tls, publishTimeoutMs: 3_000 }
  return {
    open: () => natsBus(right),
    refused: [
      { what: 'a wrong password', open: () => natsBus({ ...right, password: 'wrong' }), names: /password/ },
      { what: 'no password', open: () => natsBus({ ...right, user: undefined }), names: /password/ },
      { what: 'an unknown authority', open: () => natsBus({ ...right, tls: undefined }), names: /tls\.caFile/ },
      {
        what: 'an authority in no file',
        open: () => natsBus({ ...right, tls: { caFile: 'absent.pem' } }),
        names: /tls\.caFile/,
      },
    ],
  }
}
