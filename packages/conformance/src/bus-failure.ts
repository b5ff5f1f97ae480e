// The clauses of docs/spec/bus.md on what goes wrong and what ends.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, InputError, isFanlightError, TransientError } from '@fanlight/ports'
import { Gathering, keysOf, message, numberIn, take } from './bus-deliveries.ts'

const limits = { timeout: 30_000 }

export function testFailure(open: () => Promise<Bus>): void {
  test('B11 delivers again what a handler rejected, the same in every part', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    await bus.publish([{ topic, key: 'a', body: Uint8Array.of(9), headers: { 'ce-id': '7' } }])
    const errors = [new Error('unknown'), new TransientError('WORKER_CRASHED', 'gone'), undefined]
    const seen = await take(bus, [topic], 3, async () => {
      const error = errors.shift()
      if (error) throw error
    })
    for (const { topic: where, key, body, headers } of seen) {
      assert.deepEqual([where, key, body[0], headers], [topic, 'a', 9, { 'ce-id': '7' }])
    }
    assert.deepEqual(
      seen.map(({ deliveries }) => deliveries),
      [1, 2, 3],
    )
  })

  test('B12 sends the whole message to the dead letters when its handler gave up, and goes on', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const headers = { 'ce-id': '7', traceparent: '00-ab-cd-01' }
    const body = Uint8Array.of(0, 255, 1)
    await bus.publish([{ topic, key: 'bad', body, headers }, message(topic, 'good')])
    let deliveries = 0
    const group = randomUUID()
    const seen = await take(
      bus,
      [topic],
      3,
      async ({ key }) => {
        if (key !== 'bad') return
        if (++deliveries === 1) throw new Error('try again')
        throw new InputError('MESSAGE_INVALID', 'no JSON:\n\u001b[31mline two')
      },
      1,
      group,
    )
    assert.equal(keysOf(seen).join(), 'bad,bad,good')
    const [dead] = await take(bus, [`${topic}.dead`], 1)
    assert.deepEqual([dead?.key, Buffer.from(dead?.body ?? [])], ['bad', Buffer.from(body)])
    assert.deepEqual(dead?.headers, {
      ...headers,
      'fanlight-error': 'MESSAGE_INVALID: no JSON: [31mline two',
      'fanlight-error-code': 'MESSAGE_INVALID',
      'fanlight-attempts': '2',
      'fanlight-original-topic': topic,
    })
    const late = new Gathering(1)
    await using _member = await bus.subscribe({ topics: [topic], group }, async (delivery) => late.add(delivery))
    await bus.publish([message(topic, 'bad', 2)])
    assert.equal(numberIn((await late.all())[0]!.body), 2, 'a dead message came again')
  })
}

export function testEnd(open: () => Promise<Bus>): void {
  test(
    'B13 aborts the signal of a subscription that ends, waits for its handlers, and starts no more',
    limits,
    async () => {
      await using bus = await open()
      const topic = randomUUID()
      const entered = Promise.withResolvers<void>()
      const steps: string[] = []
      const subscription = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key, signal }) => {
        steps.push(`${key} started`)
        entered.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        await sleep(30)
        steps.push(`${key} ended`)
      })
      await bus.publish([message(topic, 'a'), message(topic, 'b')])
      await entered.promise
      await subscription[Symbol.asyncDispose]()
      steps.push('disposed')
      await sleep(50)
      assert.deepEqual(steps, ['a started', 'a ended', 'disposed'])
      const rest = await take(bus, [topic], 1, undefined, 1, 'g')
      assert.deepEqual(keysOf(rest), ['b'])
    },
  )

  test('B14 gives a message whose handler stopped early to the next member of the group', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const entered = Promise.withResolvers<void>()
    const subscription = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ signal }) => {
      entered.resolve()
      await sleep(10_000, undefined, { signal })
    })
    await bus.publish([message(topic, 'a')])
    await entered.promise
    await subscription[Symbol.asyncDispose]()
    const seen = await take(bus, [topic], 1, undefined, 1, 'g')
    assert.deepEqual(keysOf(seen), ['a'])
  })

  test('B15 waits for handlers when it is disposed, and refuses work afterwards', limits, async () => {
    const bus = await open()
    const topic = randomUUID()
    const entered = Promise.withResolvers<void>()
    let ended = false
    await bus.subscribe({ topics: [topic], group: 'g' }, async () => {
      entered.resolve()
      await sleep(50)
      ended = true
    })
    await bus.publish([message(topic, 'a')])
    await entered.promise
    await bus[Symbol.asyncDispose]()
    assert.equal(ended, true)
    const isClosed = (error: unknown) => isFanlightError(error) && error.code === 'BUS_CLOSED'
    await assert.rejects(bus.publish([message(topic, 'a')]), isClosed)
    await assert.rejects(
      bus.subscribe({ topics: [topic], group: 'g' }, async () => {}),
      isClosed,
    )
  })

  test('B16 is disposed promptly while messages wait for redelivery', limits, async () => {
    const bus = await open()
    const topic = randomUUID()
    const failed = Promise.withResolvers<void>()
    await bus.subscribe({ topics: [topic], group: 'g', concurrency: 20 }, async () => {
      failed.resolve()
      throw new Error('try again')
    })
    await bus.publish(Array.from({ length: 20 }, (_, index) => message(topic, `key ${index}`)))
    await failed.promise
    await bus[Symbol.asyncDispose]()
  })
}
