import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, isFanlightError, MAX_BODY_BYTES, type Message } from '@fanlight/ports'
import { eventually, Gathering, keysOf, message, numberIn, take } from './bus-deliveries.ts'
import { testEnd, testFailure } from './bus-failure.ts'

export interface TestBusOptions {
  /** How long a published message may take until the subscriptions know of it. @default 0 */
  readonly arrivalMs?: number
}

/**
 * Every bus passes this suite. The titles begin with the clauses of docs/spec/bus.md.
 * @param open a bus that delivers again after at most 100 ms; called once a test, and each test uses topics and
 *   groups of its own, so the buses may share a broker
 */
export function testBus(name: string, open: () => Promise<Bus>, { arrivalMs = 0 }: TestBusOptions = {}): void {
  suite(`bus: ${name}`, () => {
    testDelivery(open)
    testPriority(open, arrivalMs)
    testBacklog(open)
    testOrder(open)
    testFailure(open)
    testEnd(open)
  })
}

const limits = { timeout: 30_000 }

function testDelivery(open: () => Promise<Bus>): void {
  test('B1 delivers what was published before the group existed', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    await bus.publish([message(topic, 'a'), message(topic, 'b')])
    const seen = await take(bus, [topic], 2)
    assert.deepEqual(keysOf(seen), ['a', 'b'])
  })

  test('B2 gives each group every message, and its members share them', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`)
    const shared = new Gathering(keys.length)
    const other = new Gathering(keys.length)
    const perMember = [0, 0]
    await using _first = await bus.subscribe({ topics: [topic], group: 'shared' }, async (delivery) => {
      perMember[0]! += 1
      await sleep(2)
      shared.add(delivery)
    })
    await using _second = await bus.subscribe({ topics: [topic], group: 'shared' }, async (delivery) => {
      perMember[1]! += 1
      await sleep(2)
      shared.add(delivery)
    })
    await using _third = await bus.subscribe({ topics: [topic], group: 'other' }, async (delivery) =>
      other.add(delivery),
    )
    await bus.publish(keys.map((key) => message(topic, key)))
    for (const gathering of [shared, other]) assert.deepEqual(keysOf(await gathering.all()), [...keys].sort())
    for (const count of perMember) assert.ok(count > 0, `one of two members got all the messages: ${perMember}`)
  })

  test('B3 carries any bytes, keys and headers unchanged', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const large = new Uint8Array(300_000).fill(0xa5)
    const keys = [
      '',
      ' ',
      'a.b*c>d',
      '日本',
      '\u0000\u001b[31m\n',
      '/../etc',
      'x'.repeat(500),
      '<b>',
      'n’t é \u{1f6a2}',
    ]
    const headers = { 'ce-id': '1', traceparent: '00-ab-cd-01', empty: '', 'odd-value': 'a: b; c=é' }
    const sent: Message[] = [
      ...keys.map((key) => ({ topic, key, body: allBytes, headers })),
      { topic, key: 'empty', body: new Uint8Array(0), headers: {} },
      { topic, key: 'large', body: large, headers: {} },
    ]
    await bus.publish(sent)
    const got = await take(bus, [topic], sent.length)
    const comparable = (messages: readonly Message[]) =>
      messages
        .map(({ topic, key, body, headers }) => [key, topic, Buffer.from(body).toString('base64'), { ...headers }])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    assert.deepEqual(comparable(got), comparable(sent))
  })

  test('B4 holds a message as it was when it was published', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const body = Uint8Array.of(1)
    const headers = { colour: 'red' }
    await bus.publish([{ topic, key: 'a', body, headers }])
    body[0] = 2
    headers.colour = 'blue'
    const [delivery] = await take(bus, [topic], 1)
    assert.deepEqual([delivery?.body[0], delivery?.headers], [1, { colour: 'red' }])
  })

  test('B6 runs as many handlers at once as asked for, and no more', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    let running = 0
    let most = 0
    await bus.publish(Array.from({ length: 30 }, (_, index) => message(topic, `key ${index}`)))
    const slowly = async () => {
      most = Math.max(most, ++running)
      await sleep(5)
      running -= 1
    }
    await take(bus, [topic], 30, slowly, 4)
    assert.equal(most, 4)
  })

  test('B7 lets a handler publish', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    await bus.publish([message(topic, 'a', 3)])
    const seen = await take(bus, [topic], 4, async ({ body }) => {
      const left = body[0]!
      if (left > 0) await bus.publish([message(topic, 'a', left - 1)])
    })
    assert.deepEqual(
      seen.map(({ body }) => body[0]),
      [3, 2, 1, 0],
    )
  })

  test('B8 brings 10,000 messages, each', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const count = 10_000
    const received = take(bus, [topic], count, undefined, 16)
    const batch = 500
    for (let from = 0; from < count; from += batch) {
      await bus.publish(Array.from({ length: batch }, (_, i) => message(topic, `key ${(from + i) % 97}`, from + i)))
    }
    const numbers = (await received).map(({ body }) => numberIn(body)).sort((a, b) => a - b)
    assert.deepEqual(numbers, [...Array(count).keys()])
  })
}

function testPriority(open: () => Promise<Bus>, arrivalMs: number): void {
  test('B5 starts a message of a later topic only while no earlier topic has one waiting', limits, async () => {
    await using bus = await open()
    const [live, bulk] = [randomUUID(), randomUUID()]
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    const order = take(bus, [live, bulk], 7, async ({ key }) => {
      if (key !== 'first') return
      entered.resolve()
      await gate.promise
    })
    await bus.publish([message(bulk, 'first')])
    await entered.promise
    await bus.publish([message(bulk, 'bulk 1'), message(bulk, 'bulk 2'), message(bulk, 'bulk 3')])
    await bus.publish([message(live, 'live 1'), message(live, 'live 2'), message(live, 'live 3')])
    await sleep(arrivalMs)
    gate.resolve()
    const lanes = (await order).map(({ key }) => key.split(' ')[0])
    assert.deepEqual(lanes, ['first', 'live', 'live', 'live', 'bulk', 'bulk', 'bulk'])
  })
}

function testBacklog(open: () => Promise<Bus>): void {
  test('B17 tells how many messages each group has not handled', limits, async () => {
    await using bus = await open()
    const [topic, unused] = [randomUUID(), randomUUID()]
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    await bus.publish([message(topic, 'a'), message(topic, 'b'), message(topic, 'c')])
    await using _slow = await bus.subscribe({ topics: [topic], group: 'slow' }, async () => {
      entered.resolve()
      await gate.promise
    })
    const quick = new Gathering(3)
    await using _quick = await bus.subscribe({ topics: [topic], group: 'quick' }, async (delivery) =>
      quick.add(delivery),
    )
    await Promise.all([entered.promise, quick.all()])
    const rows = (waiting: number) => [
      { topic, group: 'quick', waiting: 0 },
      { topic, group: 'slow', waiting },
    ]
    await eventually(async () => assert.deepEqual(await bus.backlog([unused, topic]), rows(3)))
    gate.resolve()
    await eventually(async () => assert.deepEqual(await bus.backlog([topic]), rows(0)))
  })

  test('B18 refuses a message that is too large, and all that came with it', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const large = { topic, key: 'large', body: new Uint8Array(MAX_BODY_BYTES + 1) }
    await assert.rejects(bus.publish([message(topic, 'before'), large]), (error) => {
      assert.ok(isFanlightError(error), String(error))
      assert.deepEqual([error.code, error.retry], ['MESSAGE_TOO_LARGE', 'never'])
      return true
    })
    await bus.publish([{ topic, key: 'largest', body: new Uint8Array(MAX_BODY_BYTES).fill(1) }])
    const [first] = await take(bus, [topic], 1)
    assert.deepEqual([first?.key, first?.body.byteLength], ['largest', MAX_BODY_BYTES])
  })
}

function testOrder(open: () => Promise<Bus>): void {
  test('B9 keeps the order of one key, one message at a time, whatever the concurrency', limits, async (t) => {
    await using bus = await open()
    if (!bus.supports.keyOrder) return t.skip('supports.keyOrder is false')
    const topic = randomUUID()
    const keys = ['a', 'b', 'c']
    const running = new Set<string>()
    const overlaps: string[] = []
    await bus.publish(Array.from({ length: 60 }, (_, index) => message(topic, keys[index % 3]!, index)))
    const seen = await take(
      bus,
      [topic],
      60,
      async ({ key, body }) => {
        if (running.has(key)) overlaps.push(key)
        running.add(key)
        await sleep(numberIn(body) % 4)
        running.delete(key)
      },
      8,
    )
    assert.deepEqual(overlaps, [], 'two messages of one key ran at once')
    for (const key of keys) {
      const numbers = seen.filter((delivery) => delivery.key === key).map(({ body }) => numberIn(body))
      assert.deepEqual(
        numbers,
        [...numbers].sort((a, b) => a - b),
      )
    }
  })

  test('B10 holds back the later messages of a key that waits for redelivery, and of no other', limits, async (t) => {
    await using bus = await open()
    if (!bus.supports.keyOrder) return t.skip('supports.keyOrder is false')
    const topic = randomUUID()
    await bus.publish([message(topic, 'bad', 1), message(topic, 'bad', 2), message(topic, 'good', 3)])
    let failures = 2
    const seen = await take(
      bus,
      [topic],
      5,
      async ({ body }) => {
        if (numberIn(body) === 1 && failures-- > 0) throw new Error('try again')
      },
      2,
    )
    const numbers = seen.map(({ body }) => numberIn(body))
    assert.deepEqual(
      numbers.filter((number) => number !== 3),
      [1, 1, 1, 2],
    )
    assert.ok(numbers.indexOf(3) < numbers.lastIndexOf(1), `the other key had to wait: ${numbers}`)
  })
}
