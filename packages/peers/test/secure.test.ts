import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Access, clients } from './clients.ts'
import { started } from './started.ts'

const credentials = { name: 'fan', password: 'l1ght' }
const wrong = { ...credentials, password: 'dark' }

test('nats with credentials and TLS serves who knows them, and nobody else', async (t) => {
  const peer = await started(t, 'nats', { credentials, tls: true })
  if (!peer) return
  await clients.nats.write(peer, 'secret', credentials)
  assert.equal(await clients.nats.read(peer, credentials), 'secret')
  await assert.rejects(clients.nats.read(peer, wrong), /authorization/i)
  await assert.rejects(clients.nats.read({ ...peer, env: {} }, credentials), /certificate/i)
})

for (const [mechanism, tls] of [
  ['plain', true],
  ['scram-sha-512', false],
] as const)
  test(`kafka with SASL ${mechanism}${tls ? ' over TLS' : ''} serves who knows the password, and nobody else`, {
    timeout: 60_000,
  }, async (t) => {
    const peer = await started(t, 'kafka', { credentials: { ...credentials, mechanism }, tls })
    if (!peer) return
    const access: Access = { ...credentials, mechanism }
    await clients.kafka.write(peer, 'secret', access)
    assert.equal(await clients.kafka.read(peer, access), 'secret')
    await assert.rejects(clients.kafka.write(peer, 'more', { ...wrong, mechanism }), /SASL|authenticat|credentials/i)
    if (tls) await assert.rejects(clients.kafka.write({ ...peer, env: {} }, 'more', access))
  })

test('s3 with TLS and keys of its own serves who knows them, and nobody else', async (t) => {
  const peer = await started(t, 's3', { credentials, tls: true })
  if (!peer) return
  assert.match(peer.url, /^https:/)
  await clients.s3.write(peer, 'secret')
  assert.equal(await clients.s3.read(peer), 'secret')
  const stranger = { ...peer, env: { ...peer.env, AWS_SECRET_ACCESS_KEY: wrong.password } }
  await assert.rejects(clients.s3.read(stranger), { name: 'SignatureDoesNotMatch' })
})

test('postgres speaks TLS where asked, and takes settings', async (t) => {
  const peer = await started(t, 'postgres', { tls: true, durable: false, settings: { max_connections: '7' } })
  if (!peer) return
  await clients.postgres.write(peer, 'secret')
  assert.equal(await clients.postgres.read(peer), 'secret')
})
