import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers as emptyHeaders, MsgHdrsImpl } from '@nats-io/transport-node'
import fc from 'fast-check'
import { pack, unpack } from '../src/envelope.ts'

const overTheWire = (packed: ReturnType<typeof pack>) => MsgHdrsImpl.decode((packed.headers as MsgHdrsImpl).encode())

test('any key and headers come out as they went in', () => {
  const text = () => fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', ' a ', 'a\r\nb: c', '\ud800', 'é'))
  const names = fc.oneof(
    text(),
    fc.constantFrom('ce-id', 'Nats-Rollup', 'nats-msg-id', 'fanlight-envelope', '__proto__', 'a', 'A', 'a:b'),
  )
  fc.assert(
    fc.property(text(), fc.dictionary(names, text()), (key, headers) => {
      const packed = pack({ topic: 't', key, body: new Uint8Array(0), headers })
      assert.deepEqual(unpack(overTheWire(packed)), { key, headers: Object.fromEntries(Object.entries(headers)) })
    }),
    { numRuns: 500 },
  )
})

test('the size of headers is what goes over the wire', () => {
  const packed = pack({ topic: 't', key: 'é', body: new Uint8Array(5), headers: { 'ce-id': '7', odd: '\n' } })
  assert.equal(packed.headersSize, (packed.headers as MsgHdrsImpl).encode().length)
})

test('headers that NATS acts on are never among its own', () => {
  const { headers } = pack({ topic: 't', key: '', body: new Uint8Array(0), headers: { 'nats-rollup': 'all' } })
  assert.deepEqual(headers.keys(), ['fanlight-envelope'])
})

test('what another program published has its headers and no key', () => {
  for (const envelope of ['', 'no JSON', '[]', 'null', '{"key": 1}', '{"key": "a", "headers": 7}']) {
    const foreign = emptyHeaders()
    foreign.append('a', '1')
    foreign.append('a', '2')
    foreign.append('fanlight-envelope', envelope)
    assert.deepEqual(unpack(foreign), { key: '', headers: { a: '1,2', 'fanlight-envelope': envelope } })
  }
  assert.deepEqual(unpack(undefined), { key: '', headers: {} })
})
