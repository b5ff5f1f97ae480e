import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bus, InputError, isFanlightError } from '@fanlight/ports'
import { eventually, message, take } from './bus-deliveries.ts'
import { type BusOverrides, KitWorker, type WorkerTask } from './bus-worker.ts'

export interface TestBrokerBusOptions {
  /** On the one server under test. Topics and groups are new in each test, so a prefix may be shared. */
  readonly open: (overrides?: BusOverrides) => Promise<Bus>
  /** On the same server, with other settings for the topics that it creates: retention, partitions. */
  readonly openOtherwise: () => Promise<Bus>
  /** A script that calls `runKitWorker` with the same `open`; `workerEnv` tells it what it cannot know. */
  readonly workerEntry: URL
  readonly workerEnv?: Readonly<Record<string, string>>
  /** The shortest lease that the broker allows. */
  readonly leaseMs: number
  /** Of the server under test; without it nothing is said about restarts. */
  readonly server?: { stop(signal?: NodeJS.Signals): Promise<void>; start(): Promise<void> } | undefined
  /** A server with TLS and credentials; without it nothing is said about them. */
  readonly secured?: SecuredServer | undefined
}

export interface SecuredServer {
  /** With the right credentials and the right certificate authority. */
  readonly open: () => Promise<Bus>
  readonly refused: readonly {
    /** For the title: `a wrong password`. */
    readonly what: string
    readonly open: () => Promise<Bus>
    /** What the error must tell to set: `/password/`. */
    readonly names: RegExp
  }[]
}

/**
 * What a durable bus on a real server owes beyond `testBus`. The titles begin with the clauses of docs/spec/bus.md.
 * The members of the first suite run at once: most of their time is waiting.
 */
export function testBrokerBus(name: string, options: TestBrokerBusOptions): void {
  suite(`broker bus: ${name}`, { concurrency: 4 }, () => {
    testLeases(options)
    testSharing(options)
    testSetUp(options)
    testSecurity(options)
  })
  suite(`broker bus: ${name}, server restarts`, () => testRestarts(options))
}

const limits = { timeout: 90_000 }
const takeoverMs = 15_000

const keys = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index}`)

function testLeases({ open, workerEntry, workerEnv, leaseMs }: TestBrokerBusOptions): void {
  const start = (task: WorkerTask) => KitWorker.start(workerEntry, task, workerEnv)

  for (const [what, busyMs] of [
    ['lasts three leases', 0],
    ['lasts three leases and keeps its event loop busy for a third of one at a time', Math.floor(leaseMs / 3)],
  ] as const) {
    test(`B19 runs a handler once that ${what}`, limits, async () => {
      await using bus = await open()
      const topic = randomUUID()
      const concurrency = busyMs ? 1 : 2
      const sent = keys('message', 2 * concurrency)
      const task = { overrides: { leaseMs }, topic, group: 'g', concurrency, handlerMs: 3 * leaseMs, busyMs }
      // A driver may know what it runs itself: whether the lease was lost shows in another process.
      await using one = await start(task)
      await using other = await start(task)
      await bus.publish(sent.map((key) => message(topic, key)))
      const all = (event: 'started' | 'ended') => [...one[event], ...other[event]].sort()
      // One of the two may have got them all.
      await until(
        () => includesAll(all('ended'), sent),
        takeoverMs + 7 * leaseMs,
        () => `ended: ${all('ended')}`,
      )
      await sleep(leaseMs * 1.5)
      assert.deepEqual(all('started'), sent)
      await eventually(async () => assert.deepEqual(await bus.backlog([topic]), [{ topic, group: 'g', waiting: 0 }]))
    })
  }

  test('B20 starts again elsewhere, within 15 s, what a killed process held', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    const task = { topic, group: 'g', handlerMs: 60_000 }
    await using first = await start(task)
    const sent = keys('message', 4)
    await bus.publish(sent.map((key) => message(topic, key)))
    await until(() => first.started.length > 0, takeoverMs, 'the first worker got nothing')
    await using second = await start({ ...task, handlerMs: 10 })
    await first.end('SIGKILL')
    await until(() => includesAll(second.ended, sent), takeoverMs, 'not all messages came to the second worker')
  })

  test(
    'B21 starts again elsewhere what a process holds that stands still, whose late end harms nothing',
    limits,
    async () => {
      await using bus = await open()
      const topic = randomUUID()
      const task = { topic, group: 'g', handlerMs: 2_000 }
      await using first = await start(task)
      await bus.publish([message(topic, 'a')])
      await until(() => first.started.length > 0, takeoverMs, 'the first worker got nothing')
      first.signal('SIGSTOP')
      await using second = await start(task)
      await until(() => second.started.includes('a'), takeoverMs, 'the message did not come to the second worker')
      first.signal('SIGCONT')
      await until(() => first.ended.includes('a') && second.ended.includes('a'), takeoverMs, 'a handler did not end')
      await second.end('SIGTERM')
      const sent = keys('later', 3)
      await bus.publish(sent.map((key) => message(topic, key)))
      await until(() => includesAll(first.ended, sent), 2 * takeoverMs, 'the first worker does not work on')
      await eventually(async () => assert.deepEqual(await bus.backlog([topic]), [{ topic, group: 'g', waiting: 0 }]))
    },
  )
}

function testSharing({ open, leaseMs }: TestBrokerBusOptions): void {
  test('B22 keeps at most two messages more than it handles from the other members', limits, async (t) => {
    await using bus = await open()
    if (bus.supports.keyOrder) return t.skip('supports.keyOrder is true: a member has partitions (B23)')
    const [topic, sent] = [randomUUID(), keys('message', 12)]
    const gate = Promise.withResolvers<void>()
    const entered: string[] = []
    await using _slow = await bus.subscribe({ topics: [topic], group: 'g', concurrency: 2 }, async ({ key }) => {
      entered.push(key)
      await gate.promise
    })
    await bus.publish(sent.map((key) => message(topic, key)))
    await until(() => entered.length === 2, 10_000, 'the slow member did not begin')
    let others = 0
    await using _quick = await bus.subscribe({ topics: [topic], group: 'g' }, async () => void others++)
    try {
      await until(
        () => others >= 8,
        5_000,
        () => `another member got ${others} of the 10 that wait`,
      )
      assert.equal(entered.length, 2)
    } finally {
      gate.resolve()
    }
    await eventually(async () => assert.equal((await bus.backlog([topic]))[0]?.waiting, 0))
  })

  test('B23 gives a member that joins its share within 15 s', limits, async () => {
    await using bus = await open()
    await using other = await open()
    const topic = randomUUID()
    const counts = { first: 0, joining: 0 }
    const member = (bus: Bus, name: keyof typeof counts) =>
      bus.subscribe({ topics: [topic], group: 'g' }, async () => {
        await sleep(10)
        counts[name] += 1
      })
    await using _first = await member(bus, 'first')
    // Always more than both can handle, until the end.
    await bus.publish(keys('message', 4_000).map((key) => message(topic, key)))
    await until(() => counts.first > 0, takeoverMs, 'the first member got nothing')
    await using _joining = await member(other, 'joining')
    await until(() => counts.joining > 0, takeoverMs, 'the joining member got nothing')
    const before = { ...counts }
    await until(() => counts.first + counts.joining >= before.first + before.joining + 80, takeoverMs, 'they stopped')
    assert.ok(counts.first - before.first >= 15, `the first member got ${counts.first - before.first} of 80`)
    assert.ok(counts.joining - before.joining >= 15, `the joining one got ${counts.joining - before.joining} of 80`)
  })

  test('B24 finishes what runs when it is disposed and hands the rest over, nothing twice', limits, async () => {
    const leaving = await open({ leaseMs })
    await using staying = await open({ leaseMs })
    const [topic, sent] = [randomUUID(), keys('message', 60)]
    const ended: string[] = []
    const work = async ({ key }: { key: string }) => {
      await sleep(20)
      ended.push(key)
    }
    await leaving.publish(sent.map((key) => message(topic, key)))
    await leaving.subscribe({ topics: [topic], group: 'g', concurrency: 4 }, work)
    await until(() => ended.length >= 10, takeoverMs, 'the first member did not work')
    await leaving[Symbol.asyncDispose]()
    assert.ok(ended.length < sent.length, 'the first member did it all: nothing was handed over')
    await using _member = await staying.subscribe({ topics: [topic], group: 'g', concurrency: 4 }, work)
    await until(() => ended.length >= sent.length, takeoverMs, 'not all messages came')
    await sleep(leaseMs * 1.5)
    assert.deepEqual([...ended].sort(), [...sent].sort())
  })

  test('B25 keeps the position of a group while it has no members', limits, async () => {
    await using bus = await open()
    const topic = randomUUID()
    await bus.publish(keys('old', 3).map((key) => message(topic, key)))
    {
      await using early = await open()
      await take(early, [topic], 3, undefined, 1, 'g')
    }
    await bus.publish(keys('new', 2).map((key) => message(topic, key)))
    await using late = await open()
    const seen = await take(late, [topic], 2, undefined, 1, 'g')
    assert.deepEqual(seen.map(({ key }) => key).sort(), keys('new', 2))
  })
}

function testSetUp({ open, openOtherwise }: TestBrokerBusOptions): void {
  test('B26 is set up by several processes at once, and again', limits, async () => {
    const [topic, group] = [randomUUID(), randomUUID()]
    for (const round of ['new', 'known']) {
      const buses = await Promise.all(Array.from({ length: 5 }, () => open()))
      const seen = new Set<string>()
      await Promise.all(
        buses.map((bus) => bus.subscribe({ topics: [topic], group }, async ({ key }) => void seen.add(key))),
      )
      await Promise.all(buses.map((bus, index) => bus.publish([message(topic, `${round} ${index}`)])))
      await until(() => includesAll([...seen], keys(round, 5)), 2 * takeoverMs, `not all messages came: ${[...seen]}`)
      await Promise.all(buses.map((bus) => bus[Symbol.asyncDispose]()))
    }
  })

  test('B27 uses a topic as it is that exists with other settings', limits, async () => {
    await using bus = await open()
    await using otherwise = await openOtherwise()
    const topic = randomUUID()
    await otherwise.publish([message(topic, 'a')])
    await bus.publish([message(topic, 'b')])
    const seen = [await take(bus, [topic], 2), await take(otherwise, [topic], 2)]
    assert.deepEqual(
      seen.map((deliveries) => deliveries.map(({ key }) => key).sort()),
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    )
  })

  test('B28 keeps what has another prefix apart', limits, async () => {
    const unique = randomUUID()
    await using one = await open({ prefix: `${unique}-one` })
    await using two = await open({ prefix: `${unique}-two` })
    await one.publish([message('shared', 'of one'), message('shared', 'of one')])
    await two.publish([message('shared', 'of two')])
    const seen = await take(two, ['shared'], 1, undefined, 1, 'g')
    assert.deepEqual(
      seen.map(({ key }) => key),
      ['of two'],
    )
    await eventually(async () => {
      assert.deepEqual(await two.backlog(['shared']), [{ topic: 'shared', group: 'g', waiting: 0 }])
      assert.deepEqual(await one.backlog(['shared']), [])
    })
  })
}

function testSecurity({ secured }: TestBrokerBusOptions): void {
  if (!secured) return void test('B29 TLS and credentials', (t) => t.skip('the driver has no such server at hand'))

  test('B29 speaks TLS and gives its credentials', limits, async () => {
    await using bus = await secured.open()
    const topic = randomUUID()
    await bus.publish([message(topic, 'a')])
    assert.equal((await take(bus, [topic], 1))[0]?.key, 'a')
  })

  for (const { what, open, names } of secured.refused) {
    test(`B29 tells what to set when it is refused for ${what}`, limits, async () => {
      const error = await assertUnavailable(openAndPublish(open))
      assert.match(error.message, names)
    })
  }
}

function testRestarts({ open, server }: TestBrokerBusOptions): void {
  if (!server) return void test('B30 restarts', (t) => t.skip('the server is not ours to restart'))

  test('B30 keeps messages, positions and dead letters through a crash of the server', limits, async () => {
    const [topic, headers, body] = [randomUUID(), { 'ce-id': '7' }, Uint8Array.of(0, 255, 1)]
    {
      await using bus = await open()
      await bus.publish([message(topic, 'done'), { topic, key: 'bad', body, headers }])
      await take(bus, [topic], 2, refuseBad, 1, 'g')
      await eventually(async () => assert.equal((await bus.backlog([topic]))[0]?.waiting, 0))
      await bus.publish([message(topic, 'waiting')])
    }
    await server.stop('SIGKILL')
    await server.start()
    await using bus = await open()
    const keys = new Set<string>()
    await using _member = await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key }) => void keys.add(key))
    await until(() => keys.has('waiting'), takeoverMs, 'the message did not survive')
    const [dead] = await take(bus, [`${topic}.dead`], 1)
    assert.deepEqual([dead?.key, Buffer.from(dead?.body ?? [])], ['bad', Buffer.from(body)])
    assert.deepEqual([dead?.headers['ce-id'], dead?.headers['fanlight-error-code']], ['7', 'MESSAGE_INVALID'])
  })

  test('B31 goes on when the server was away: all arrives, and who publishes waits', limits, async () => {
    await using bus = await open({ publishTimeoutMs: 30_000 })
    const topic = randomUUID()
    const [before, meanwhile, after] = [keys('before', 200), keys('meanwhile', 20), keys('after', 20)]
    const seen = new Set<string>()
    await bus.publish(before.map((key) => message(topic, key)))
    await using _member = await bus.subscribe({ topics: [topic], group: 'g', concurrency: 4 }, async ({ key }) => {
      await sleep(10)
      seen.add(key)
    })
    await until(() => seen.size >= 20, takeoverMs, 'nothing arrives')
    await server.stop('SIGKILL')
    const published = bus.publish(meanwhile.map((key) => message(topic, key)))
    await sleep(3_000)
    await server.start()
    await published
    await bus.publish(after.map((key) => message(topic, key)))
    const missing = () => [...before, ...meanwhile, ...after].filter((key) => !seen.has(key))
    await until(
      () => missing().length === 0,
      2 * takeoverMs,
      () => `missing: ${missing()}`,
    )
    await eventually(async () => assert.equal((await bus.backlog([topic]))[0]?.waiting, 0))
  })

  test('B32 tells in bounded time that the server stays away, ends all the same, and recovers', limits, async () => {
    const short = { publishTimeoutMs: 2_000 }
    const boundMs = short.publishTimeoutMs + 8_000
    await using bus = await open(short)
    const leaving = await open(short)
    const topic = randomUUID()
    await bus.publish([message(topic, 'a')])
    await leaving.subscribe({ topics: [topic], group: 'g' }, async () => {})
    await server.stop('SIGKILL')
    try {
      await Promise.all([
        within(boundMs, assertUnavailable(bus.publish([message(topic, 'lost')]))),
        within(boundMs, assertUnavailable(bus.backlog([topic]))),
        within(boundMs, assertUnavailable(openAndPublish(() => open(short)))),
        within(boundMs, Promise.resolve(leaving[Symbol.asyncDispose]())),
      ])
    } finally {
      await server.start()
    }
    await eventually(() => bus.publish([message(topic, 'b')]), 2 * takeoverMs)
    const seen = new Set<string>()
    await using _member = await bus.subscribe({ topics: [topic], group: 'new' }, async ({ key }) => void seen.add(key))
    await until(() => seen.has('a') && seen.has('b'), takeoverMs, 'the bus did not recover')
  })
}

async function refuseBad({ key }: { key: string }): Promise<void> {
  if (key === 'bad') throw new InputError('MESSAGE_INVALID', 'no JSON')
}

/** A driver may connect when it is opened, or with its first message. */
async function openAndPublish(open: () => Promise<Bus>): Promise<void> {
  await using bus = await open()
  await bus.publish([message(randomUUID(), 'a')])
}

async function assertUnavailable(work: Promise<unknown>): Promise<Error> {
  try {
    await work
  } catch (error) {
    assert.ok(isFanlightError(error), `no error of Fanlight's: ${error}`)
    assert.deepEqual([error.code, error.retry], ['BUS_UNAVAILABLE', 'later'])
    return error
  }
  throw new assert.AssertionError({ message: 'it did not fail with BUS_UNAVAILABLE' })
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const giveUp = new AbortController()
  const late = sleep(ms, undefined, giveUp).then(() => assert.fail(`not done after ${ms} ms`))
  try {
    return await Promise.race([work, late])
  } finally {
    late.catch(() => {})
    giveUp.abort()
  }
}

const includesAll = (seen: readonly string[], wanted: readonly string[]) => wanted.every((key) => seen.includes(key))

async function until(check: () => boolean, ms: number, otherwise: string | (() => string)): Promise<void> {
  const deadline = Date.now() + ms
  while (!check()) {
    if (Date.now() > deadline) assert.fail(typeof otherwise === 'string' ? otherwise : otherwise())
    await sleep(10)
  }
}
