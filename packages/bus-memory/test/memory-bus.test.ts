import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryBus } from '@fanlight/bus-memory'
import type { Clock } from '@fanlight/ports'
import { Fifo } from '../src/fifo.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const message = (key: string, topic = 'questions') => ({ topic, key, body: Uint8Array.of(1) })

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn()
}

suite('memory bus', () => {
  test('keeps the newest messages of a topic that nobody subscribed to', async () => {
    await using bus = memoryBus({ maxUnclaimed: 3 })
    await bus.publish(['a', 'b', 'c', 'd', 'e'].map((key) => message(key)))
    const seen: string[] = []
    await bus.subscribe({ topics: ['questions'], group: 'g' }, async ({ key }) => void seen.push(key))
    await settle()
    assert.deepEqual(seen, ['c', 'd', 'e'])
  })

  test('gives a later group what another has not finished', async () => {
    await using bus = memoryBus()
    await bus.publish(['a', 'b', 'c'].map((key) => message(key)))
    const gate = Promise.withResolvers<void>()
    await bus.subscribe({ topics: ['questions'], group: 'slow' }, async ({ key }) => {
      if (key === 'b') await gate.promise
    })
    await settle()
    const seen: string[] = []
    await bus.subscribe({ topics: ['questions'], group: 'late' }, async ({ key }) => void seen.push(key))
    await settle()
    gate.resolve()
    assert.deepEqual(seen, ['b', 'c'])
  })

  test('keeps a message for its group while the group has no member', async () => {
    await using bus = memoryBus()
    const first = await bus.subscribe({ topics: ['questions'], group: 'g' }, async () => {})
    await first[Symbol.asyncDispose]()
    await bus.publish([message('a')])
    const seen: string[] = []
    await bus.subscribe({ topics: ['questions'], group: 'g' }, async ({ key }) => void seen.push(key))
    await settle()
    assert.deepEqual(seen, ['a'])
  })

  test('waits for redelivery on the clock it is given', async () => {
    let wake = () => {}
    const sleeps: number[] = []
    const clock: Clock = {
      now: () => 0,
      sleep: (ms) => {
        sleeps.push(ms)
        return new Promise((resolve) => {
          wake = resolve
        })
      },
    }
    await using bus = memoryBus({ clock, retryDelayMs: 12_345 })
    let deliveries = 0
    await bus.subscribe({ topics: ['questions'], group: 'g' }, async () => {
      if (++deliveries === 1) throw new Error('try again')
    })
    await bus.publish([message('a')])
    await settle()
    assert.deepEqual([deliveries, sleeps], [1, [12_345]])
    wake()
    await settle()
    assert.equal(deliveries, 2)
  })

  test('delivers again what a handler rejected that is not even async', async () => {
    await using bus = memoryBus({ retryDelayMs: 1 })
    const done = Promise.withResolvers<void>()
    let deliveries = 0
    await bus.subscribe({ topics: ['questions'], group: 'g' }, () => {
      if (++deliveries === 1) throw new Error('thrown before any promise')
      done.resolve()
      return done.promise
    })
    await bus.publish([message('a')])
    await done.promise
  })

  test('lets a handler publish while the bus is being disposed', async () => {
    const bus = memoryBus()
    const entered = Promise.withResolvers<void>()
    let published = false
    await bus.subscribe({ topics: ['questions'], group: 'g' }, async ({ signal }) => {
      entered.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      await bus.publish([message('a', 'answers')])
      published = true
    })
    await bus.publish([message('a')])
    await entered.promise
    await bus[Symbol.asyncDispose]()
    assert.ok(published)
  })

  test('leaves room for timers while a long queue is worked off', async () => {
    await using bus = memoryBus()
    let handled = 0
    await bus.subscribe({ topics: ['questions'], group: 'g' }, async () => void handled++)
    await bus.publish(Array.from({ length: 20_000 }, (_, index) => message(`${index}`)))
    await new Promise((resolve) => setTimeout(resolve, 1))
    assert.ok(handled < 20_000, 'the timer came only after the whole queue')
  })

  test('drops a message once every group has handled it', async () => {
    await using bus = memoryBus()
    const bodies: WeakRef<Uint8Array>[] = []
    await bus.subscribe({ topics: ['questions'], group: 'g', concurrency: 8 }, async ({ body }) => {
      bodies.push(new WeakRef(body))
    })
    await bus.publish(Array.from({ length: 400 }, (_, index) => message(`${index % 30}`)))
    while (bodies.length < 400) await nextTurn()
    await settle()
    collectGarbage()
    const held = bodies.filter((body) => body.deref()).length
    assert.ok(held < 20, `${held} of 400 messages are still held`)
  })
})

suite('fifo', () => {
  test('gives back in order what it was given, across its compactions', () => {
    const fifo = new Fifo<number>()
    const out: (number | undefined)[] = []
    let next = 0
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < round % 7; i++) fifo.push(next++)
      for (let i = 0; i < round % 5; i++) out.push(fifo.shift())
    }
    while (fifo.length > 0) out.push(fifo.shift())
    assert.deepEqual(
      out.filter((item) => item !== undefined),
      [...Array(next).keys()],
    )
    assert.equal(fifo.shift(), undefined)
  })
})
