import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { natsBus } from '@fanlight/bus-nats'
import { peerFor } from '@fanlight/peers'
import { InputError, isFanlightError, MAX_BODY_BYTES, type Message } from '@fanlight/ports'
import { AckPolicy, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { nameOf, subjectOf } from '../src/names.ts'

const peer = await peerFor('nats')
const limits = { timeout: 20_000 }
const message = (topic: string, key: string): Message => ({ topic, key, body: Uint8Array.of(1) })

async function until(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 18_000
  while (!check()) {
    if (performance.now() > deadline) assert.fail(`not within 18 s: ${check}`)
    await sleep(5)
  }
}

if ('missing' in peer) {
  test('nats bus', (t) => t.skip(peer.missing))
} else {
  after(() => peer[Symbol.asyncDispose]())
  const servers = peer.url
  suite('nats bus, what starts when', () => testStarting(servers))
  suite('nats bus, among others on the server', () => testOthers(servers))
}

function testStarting(servers: string): void {
  test('all that waits in an earlier topic starts first, whatever the concurrency', limits, async () => {
    await using bus = await natsBus({ servers })
    const topics = [randomUUID(), randomUUID(), randomUUID()]
    const started: string[] = []
    for (const topic of topics) await bus.publish(Array.from({ length: 40 }, (_, index) => message(topic, `${index}`)))
    await using _member = await bus.subscribe({ topics, group: 'g', concurrency: 4 }, async ({ topic }) => {
      started.push(topic)
      await sleep(started.length % 3)
    })
    await until(() => started.length === 120)
    assert.deepEqual(
      started,
      topics.flatMap((topic) => Array(40).fill(topic)),
    )
  })

  test('what waits in a late topic gets a free handler though there are many topics', limits, async () => {
    await using bus = await natsBus({ servers })
    const topics = Array.from({ length: 8 }, () => randomUUID())
    const started: string[] = []
    await using _member = await bus.subscribe({ topics, group: 'g' }, async ({ topic }) => void started.push(topic))
    for (const topic of topics.toReversed()) {
      await bus.publish([message(topic, 'a')])
      await until(() => started.includes(topic))
    }
    assert.deepEqual(started, topics.toReversed())
  })

  test('a message is handled soon, and an idle member asks seldom', limits, async () => {
    await using bus = await natsBus({ servers, leaseMs: 2_000 })
    await using spy = await connect({ servers })
    let asked = 0
    spy.subscribe('$JS.API.CONSUMER.MSG.NEXT.>', { callback: () => void asked++ })
    const topics = [randomUUID(), randomUUID()]
    let handledAt = 0
    await using _member = await bus.subscribe({ topics, group: 'g' }, async () => {
      handledAt = performance.now()
    })
    await sleep(2_500)
    // One that finds nothing, then one every half lease; of two topics.
    assert.ok(asked >= 4 && asked <= 8, `${asked} requests in 2.5 s`)
    const delaysMs: number[] = []
    for (let round = 0; round < 20; round++) {
      const before = performance.now()
      handledAt = 0
      await bus.publish([message(topics[round % 2]!, 'a')])
      await until(() => handledAt > 0)
      delaysMs.push(handledAt - before)
    }
    const median = delaysMs.sort((a, b) => a - b)[10]!
    assert.ok(median < 50, `half of them took more than ${median} ms`)
  })

  test('what a leaving member held and had not begun is for others at once', limits, async () => {
    await using bus = await natsBus({ servers })
    const topic = randomUUID()
    const gate = Promise.withResolvers<void>()
    let started = 0
    const leaving = await bus.subscribe({ topics: [topic], group: 'g' }, async () => {
      started += 1
      await gate.promise
    })
    await bus.publish(['a', 'b', 'c'].map((key) => message(topic, key)))
    await until(() => started === 1)
    await sleep(100)
    const left = leaving[Symbol.asyncDispose]()
    const before = performance.now()
    const others: string[] = []
    await using _other = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key }) => void others.push(key))
    await until(() => others.length === 2)
    assert.ok(performance.now() - before < 2_000, 'the others waited for the lease')
    gate.resolve()
    await left
    assert.equal(started, 1)
  })

  test('what the server gives twice does not run twice at once', limits, async () => {
    await using bus = await natsBus({ servers, leaseMs: 300 })
    const topic = randomUUID()
    let [running, most, started] = [0, 0, 0]
    await using _member = await bus.subscribe({ topics: [topic], group: 'g', concurrency: 3 }, async () => {
      started += 1
      most = Math.max(most, ++running)
      // Longer than the lease, and nobody can extend it.
      const end = performance.now() + 700
      while (performance.now() < end);
      await sleep(500)
      running -= 1
    })
    await bus.publish([message(topic, 'a')])
    await until(() => started > 0 && running === 0)
    await sleep(400)
    assert.deepEqual([most, started], [1, 1])
    assert.equal((await bus.backlog([topic]))[0]?.waiting, 0)
  })
}

function testOthers(servers: string): void {
  test('the same id twice arrives twice, and no header acts on the server', limits, async () => {
    await using bus = await natsBus({ servers })
    const topic = randomUUID()
    const odd = { 'ce-id': '7', 'nats-msg-id': '7', 'Nats-Msg-Id': '7', 'nats-rollup': 'all', 'Nats-Rollup': 'all' }
    for (const key of ['a', 'b', 'c']) await bus.publish([{ ...message(topic, key), headers: odd }])
    const seen: string[] = []
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key, headers }) => {
      assert.deepEqual(headers, odd)
      seen.push(key)
    })
    await until(() => seen.length === 3)
    assert.deepEqual(seen, ['a', 'b', 'c'])
  })

  test('what the server would refuse for its headers is refused, and all that came with it', limits, async () => {
    await using bus = await natsBus({ servers })
    const topic = randomUUID()
    for (const large of [
      message(topic, 'é'.repeat(6_000)),
      { ...message(topic, ''), headers: { a: 'x'.repeat(33_000) } },
    ])
      await assert.rejects(bus.publish([message(topic, 'a'), large]), (error) => {
        return isFanlightError(error) && error.code === 'MESSAGE_TOO_LARGE' && /key and headers/.test(error.message)
      })
    await bus.publish([message(topic, 'b')])
    const seen: string[] = []
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key }) => void seen.push(key))
    await until(() => seen.length > 0)
    assert.deepEqual(seen, ['b'])
  })

  test('the largest message can be buried with the largest error', limits, async () => {
    await using bus = await natsBus({ servers })
    const topic = randomUUID()
    const largest = { topic, key: 'k'.repeat(32_000), body: new Uint8Array(MAX_BODY_BYTES), headers: { a: '7' } }
    await bus.publish([largest])
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async () => {
      throw new InputError('MESSAGE_INVALID', '日'.repeat(10_000))
    })
    const buried = Promise.withResolvers<Message>()
    await using _dead = await bus.subscribe({ topics: [`${topic}.dead`], group: 'g' }, async (delivery) => {
      buried.resolve(delivery)
    })
    const { key, body, headers } = await buried.promise
    assert.deepEqual([key, body.byteLength, headers?.a], [largest.key, MAX_BODY_BYTES, '7'])
    assert.match(headers?.['fanlight-error'] ?? '', /日{4096}$/)
  })

  test(
    'what another program wrote goes to the dead letters, whole or, where it leaves no room, without its body',
    limits,
    async () => {
      await using bus = await natsBus({ servers, retryDelayMs: 50 })
      await using connection = await connect({ servers })
      const topic = randomUUID()
      const letters: Message[] = []
      await using _dead = await bus.subscribe({ topics: [`${topic}.dead`], group: 'g' }, async (letter) => {
        letters.push(letter)
      })
      await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async () => {
        throw new InputError('MESSAGE_INVALID', 'no JSON')
      })
      for (const bytes of [MAX_BODY_BYTES + 100_000, connection.info!.max_payload])
        connection.publish(subjectOf('fanlight', topic), new Uint8Array(bytes))
      await until(() => letters.length === 2)
      const [whole, cut] = letters
      assert.deepEqual([whole?.body.byteLength, whole?.headers?.['fanlight-left-out']], [1_000_000, undefined])
      assert.equal(cut?.body.byteLength, 0)
      assert.match(cut?.headers?.['fanlight-left-out'] ?? '', /^a body of 1048576 bytes, SHA-256 [0-9a-f]{64}/)
      await sleep(200)
      assert.equal((await bus.backlog([topic]))[0]?.waiting, 0, 'it does not come again')
    },
  )

  test('a stream that somebody deletes is made again, by publishing and by consuming', limits, async () => {
    await using bus = await natsBus({ servers, leaseMs: 2_000 })
    await using connection = await connect({ servers })
    const manager = await jetstreamManager(connection)
    const topic = randomUUID()
    const seen: string[] = []
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key }) => void seen.push(key))
    await bus.publish([message(topic, 'a')])
    await until(() => seen.length === 1)
    await manager.streams.delete(nameOf('fanlight', topic))
    await bus.publish([message(topic, 'b')])
    await until(() => seen.length === 2)
    assert.deepEqual(seen, ['a', 'b'])
  })

  test('what another program published arrives, and its consumers are no groups', limits, async () => {
    await using bus = await natsBus({ servers })
    await using connection = await connect({ servers })
    const manager = await jetstreamManager(connection)
    const topic = randomUUID()
    const got = Promise.withResolvers<unknown>()
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key, headers, body }) =>
      got.resolve([key, headers, Buffer.from(body).toString()]),
    )
    const strange = headers()
    strange.append('Fanlight-Envelope', '{')
    strange.append('fanlight-envelope', '{')
    connection.publish(subjectOf('fanlight', topic), 'rubbish', { headers: strange })
    assert.deepEqual(await got.promise, ['', { 'Fanlight-Envelope': '{', 'fanlight-envelope': '{' }, 'rubbish'])
    await manager.consumers.add(nameOf('fanlight', topic), { durable_name: 'other', ack_policy: AckPolicy.Explicit })
    const rows = await bus.backlog([topic])
    assert.deepEqual(
      rows.map(({ group }) => group),
      ['g'],
    )
  })

  test('topics and groups may have any name', limits, async () => {
    await using bus = await natsBus({ servers, prefix: 'a.b c>*é' })
    for (const name of [`${randomUUID()}.>*\0 é/..\\`, `${randomUUID()}${'long'.repeat(200)}`]) {
      await bus.publish([message(name, 'a')])
      const seen: string[] = []
      await using _member = await bus.subscribe({ topics: [name], group: name }, async ({ topic }) => {
        seen.push(topic)
      })
      await until(() => seen.length > 0)
      assert.deepEqual(seen, [name])
      assert.deepEqual(
        (await bus.backlog([name])).map(({ topic, group }) => [topic, group]),
        [[name, name]],
      )
    }
  })

  test('a message whose headers leave no room for the error is buried without them', limits, async () => {
    await using bus = await natsBus({ servers, retryDelayMs: 20 })
    await using connection = await connect({ servers })
    const topic = randomUUID()
    let deliveries = 0
    const buried = Promise.withResolvers<Message>()
    await using _dead = await bus.subscribe({ topics: [`${topic}.dead`], group: 'g' }, async (letter) => {
      buried.resolve(letter)
    })
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async () => {
      deliveries += 1
      throw new InputError('MESSAGE_INVALID', 'x'.repeat(4_000))
    })
    const large = headers()
    large.append('a', 'x'.repeat(63_000))
    connection.publish(subjectOf('fanlight', topic), '', { headers: large })
    const { headers: told } = await buried.promise
    assert.equal(told?.a, undefined)
    assert.match(told?.['fanlight-left-out'] ?? '', /and its headers$/)
    assert.match(told?.['fanlight-error'] ?? '', /x{4000}$/)
    assert.equal(deliveries, 1)
  })
}
