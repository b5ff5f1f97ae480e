import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaBus } from '@fanlight/bus-kafka'
import { peerFor } from '@fanlight/peers'
import { type Bus, InputError, isFanlightError, type Message } from '@fanlight/ports'
import kafkajs from 'kafkajs'

const limits = { timeout: 60_000 }
const warnings: string[] = []
process.on('warning', ({ name }) => warnings.push(name))
const message = (topic: string, key: string) => ({ topic, key, body: Uint8Array.of(1) })

async function until(check: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const deadline = Date.now() + ms
  while (!(await check())) {
    if (Date.now() > deadline) assert.fail(`not within ${ms} ms: ${check}`)
    await sleep(10)
  }
}

const hasNoBacklog = async (bus: Bus, topic: string) =>
  (await bus.backlog([topic])).every(({ waiting }) => waiting === 0)

test('a bus without brokers, or with a CA file that is not there, says what to set', () => {
  const says = (code: string, text: RegExp) => (error: unknown) =>
    isFanlightError(error) && error.code === code && text.test(error.message)
  assert.throws(() => kafkaBus({ brokers: [] }), says('CONFIGURATION_INVALID', /brokers/))
  const tls = { caFile: 'no\u001bsuch.pem' }
  assert.throws(() => kafkaBus({ brokers: ['a:1'], tls }), says('CONFIGURATION_INVALID', /tls\.caFile "no\\u001bsuch/))
})

const peer = await peerFor('kafka')
if ('missing' in peer) test('a bus on a real Kafka', (t) => t.skip(peer.missing))
else testOn(new URL(peer.url).host, peer)

function testOn(broker: string, peer: AsyncDisposable): void {
  after(() => peer[Symbol.asyncDispose]())
  const prefix = `${randomUUID()}.`
  const options = { brokers: [broker], prefix, partitions: 4, retryDelayMs: 50 }
  const client = new kafkajs.Kafka({ brokers: [broker], logCreator: () => () => {} })

  async function administer<T>(work: (admin: kafkajs.Admin) => Promise<T>): Promise<T> {
    const admin = client.admin()
    await admin.connect()
    try {
      return await work(admin)
    } finally {
      await admin.disconnect()
    }
  }

  suite('a bus on a real Kafka', { concurrency: 4 }, () => {
    test(
      'loses nothing, and runs no message twice at once in one member, while members come and go',
      limits,
      async () => {
        await using bus = kafkaBus(options)
        const topic = randomUUID()
        const count = 1_200
        const done = new Set<string>()
        const overlaps: string[] = []
        const join = async () => {
          const own = kafkaBus(options)
          const here = new Set<string>()
          await own.subscribe({ topics: [topic], group: 'g', concurrency: 8 }, async ({ key }) => {
            if (here.has(key)) overlaps.push(key)
            here.add(key)
            await sleep(15)
            here.delete(key)
            done.add(key)
          })
          return own
        }
        const stay = await join()
        await bus.publish(Array.from({ length: count }, (_, index) => message(topic, `${index}`)))
        for (let round = 0; round < 3; round++) {
          const guest = await join()
          await sleep(200)
          await guest[Symbol.asyncDispose]()
        }
        await until(() => done.size === count, 30_000)
        await until(() => hasNoBacklog(bus, topic))
        await stay[Symbol.asyncDispose]()
        assert.deepEqual(overlaps, [])
      },
    )

    test('serves a group whose subscriptions read different topics', limits, async () => {
      await using bus = kafkaBus(options)
      const topics = [randomUUID(), randomUUID()]
      const seen: string[] = []
      for (const topic of topics) {
        await bus.subscribe({ topics: [topic], group: 'both' }, async ({ key }) => void seen.push(`${topic} ${key}`))
      }
      for (const topic of topics) await bus.publish([message(topic, 'a'), message(topic, 'b')])
      await until(() => seen.length === 4)
      assert.deepEqual(seen.sort(), topics.flatMap((topic) => [`${topic} a`, `${topic} b`]).sort())
    })

    test('fetches no more than its window while one message waits, and goes on after', limits, async () => {
      await using bus = kafkaBus({ ...options, partitions: 1 })
      const topic = randomUUID()
      const gate = Promise.withResolvers<void>()
      const seen = new Set<string>()
      const body = new Uint8Array(1_000)
      await bus.publish([message(topic, 'slow')])
      for (let from = 0; from < 4_000; from += 500) {
        await bus.publish(Array.from({ length: 500 }, (_, index) => ({ topic, key: `${from + index}`, body })))
      }
      await bus.subscribe({ topics: [topic], group: 'g', concurrency: 4 }, async ({ key }) => {
        if (key === 'slow') await gate.promise
        seen.add(key)
      })
      let before = -1
      await until(async () => {
        const stands = seen.size === before && seen.size > 0
        before = seen.size
        await sleep(500)
        return stands
      })
      assert.ok(seen.size >= 500 && seen.size < 2_000, `${seen.size} messages overtook the one that waits`)
      gate.resolve()
      await until(() => seen.size === 4_001)
    })

    test('makes a topic again that somebody deleted, and goes on reading it', limits, async () => {
      await using bus = kafkaBus(options)
      const topic = randomUUID()
      const seen: string[] = []
      await bus.publish(['a', 'b', 'c'].map((key) => message(topic, key)))
      await bus.subscribe({ topics: [topic], group: 'g' }, async ({ key }) => void seen.push(key))
      await until(() => seen.length === 3)
      await administer((admin) => admin.deleteTopics({ topics: [prefix + topic] }))
      await bus.publish([message(topic, 'd')])
      await until(() => seen.includes('d'), 45_000)
    })

    test('sets retention, longer for dead letters, and partitions of what it creates', limits, async () => {
      await using bus = kafkaBus({ ...options, retentionMs: 60_000, deadRetentionMs: 120_000 })
      const topic = randomUUID()
      await bus.publish([message(topic, 'a'), message(`${topic}.dead`, 'a')])
      const names = [prefix + topic, `${prefix}${topic}.dead`]
      const resources = names.map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configNames: ['retention.ms'],
      }))
      const [{ resources: configs }, { topics }] = await administer(async (admin) => [
        await admin.describeConfigs({ resources, includeSynonyms: false }),
        await admin.fetchTopicMetadata({ topics: names }),
      ])
      const retentions = configs.map(({ configEntries }) => configEntries[0]?.configValue)
      assert.deepEqual(retentions, ['60000', '120000'])
      assert.deepEqual(
        topics.map(({ partitions }) => partitions.length),
        [4, 4],
      )
    })

    test(
      'buries 2 MB of another program, whole or, where the dead letters take less, without them',
      limits,
      async () => {
        await using bus = kafkaBus(options)
        const [roomy, narrow] = [randomUUID(), randomUUID()]
        const large = [{ name: 'max.message.bytes', value: '4000000' }]
        const topics = [roomy, `${roomy}.dead`, narrow].map((topic) => ({
          topic: prefix + topic,
          configEntries: large,
        }))
        await administer((admin) => admin.createTopics({ topics }))
        const letters = new Map<string, Message>()
        const dead = { topics: [`${roomy}.dead`, `${narrow}.dead`], group: 'g' }
        await using _dead = await bus.subscribe(dead, async (letter) => void letters.set(letter.topic, letter))
        await using _member = await bus.subscribe({ topics: [roomy, narrow], group: 'g' }, async () => {
          throw new InputError('MESSAGE_INVALID', 'no JSON')
        })
        const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
        await producer.connect()
        const value = Buffer.alloc(2_000_000)
        for (const topic of [roomy, narrow]) await producer.send({ topic: prefix + topic, messages: [{ value }] })
        await producer.disconnect()
        await until(() => letters.size === 2)
        const [whole, cut] = [letters.get(`${roomy}.dead`), letters.get(`${narrow}.dead`)]
        assert.deepEqual([whole?.body.byteLength, whole?.headers?.['fanlight-left-out']], [2_000_000, undefined])
        assert.equal(cut?.body.byteLength, 0)
        assert.match(cut?.headers?.['fanlight-left-out'] ?? '', /^a body of 2000000 bytes, SHA-256 [0-9a-f]{64}/)
        await until(() => hasNoBacklog(bus, roomy))
        await until(() => hasNoBacklog(bus, narrow))
      },
    )

    test('refuses a topic that Kafka cannot name, for good', limits, async () => {
      await using bus = kafkaBus(options)
      const fails = (error: unknown) => isFanlightError(error) && error.code === 'CONFIGURATION_INVALID'
      await assert.rejects(bus.publish([message('no/such topic', 'a')]), fails)
    })
  })

  // After all that: kafkajs would have set timers of a negative delay.
  test('makes Node warn of nothing', () => assert.deepEqual(warnings, []))
}
