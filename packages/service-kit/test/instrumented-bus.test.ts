import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { memoryBus } from '@fanlight/bus-memory'
import { CONTRACT_VERSION } from '@fanlight/contracts'
import { type Delivery, InputError } from '@fanlight/ports'
import { consume, createLogger, messageOf } from '@fanlight/service-kit'
import { instrumentedBus } from '@fanlight/service-kit/run'
import { trace } from '@opentelemetry/api'
import { createMetrics } from '../src/metrics.ts'
import { startTracing } from '../src/tracing.ts'

function openStage() {
  const lines: Record<string, unknown>[] = []
  const logger = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(JSON.parse(line)) } })
  const metrics = createMetrics('test')
  return { lines, logger, metrics, bus: instrumentedBus(memoryBus({ retryDelayMs: 5 }), { logger, metrics }) }
}

const ready = (job: string) =>
  messageOf('items.ready', job, { version: CONTRACT_VERSION, project: 'local', job }, `id of ${job}`)

suite('instrumented bus', () => {
  test('a trace goes from whoever publishes to whoever handles, and into the log', async () => {
    await using _tracing = startTracing('test', {})
    const { bus, logger, lines } = openStage()
    await using _bus = bus
    const seen = Promise.withResolvers<string | undefined>()
    await consume(bus, { topics: ['items.ready'], group: 'first' }, async ({ job }) => {
      if (job !== 'a') return
      logger.info({}, 'first')
      await bus.publish([ready('b')])
    })
    await consume(bus, { topics: ['items.ready'], group: 'second' }, async ({ job }) => {
      if (job !== 'b') return
      logger.info({}, 'second')
      seen.resolve(trace.getActiveSpan()?.spanContext().traceId)
    })
    await bus.publish([ready('a')])
    const traceId = await seen.promise
    assert.match(traceId ?? '', /^[0-9a-f]{32}$/)
    const [first, second] = [lines.find(({ msg }) => msg === 'first'), lines.find(({ msg }) => msg === 'second')]
    assert.deepEqual([first?.job, first?.project, first?.trace_id], ['a', 'local', traceId])
    assert.deepEqual([second?.job, second?.trace_id], ['b', traceId])
    assert.notEqual(first?.span_id, second?.span_id)
  })

  test('what a handler rejects is logged and counted, by whether it comes again', async () => {
    const { bus, lines, metrics } = openStage()
    await using _bus = bus
    const over = Promise.withResolvers<void>()
    let deliveries = 0
    await bus.subscribe({ topics: ['t'], group: 'g' }, async () => {
      deliveries += 1
      if (deliveries === 1) throw new Error('try again')
      throw new InputError('MESSAGE_INVALID', 'never')
    })
    await bus.subscribe({ topics: ['t.dead'], group: 'g' }, async () => over.resolve())
    await bus.publish([{ topic: 't', key: 'k', body: new Uint8Array(1), headers: { 'ce-id': '7' } }])
    await over.promise
    assert.deepEqual(
      lines.map(({ msg, topic, id, outcome }) => [msg, topic, id, outcome]),
      [
        ['message rejected', 't', '7', 'retried'],
        ['message rejected', 't', '7', 'given up'],
      ],
    )
    const text = await metrics.registry.metrics()
    assert.match(text, /messaging_client_consumed_messages_total\{topic="t",outcome="given up",service="test"\} 1/)
    assert.match(text, /messaging_client_published_messages_total\{topic="t",service="test"\} 1/)
    assert.match(text, /fanlight_handlers_running\{topic="t",service="test"\} 0/)
  })

  test('a body of a newer version waits for a consumer that knows it; one that is nothing does not', async () => {
    const { bus, lines } = openStage()
    await using _bus = bus
    const dead: Delivery[] = []
    const given = Promise.withResolvers<void>()
    await bus.subscribe({ topics: ['items.ready.dead'], group: 'g' }, async (letter) => {
      dead.push(letter)
      given.resolve()
    })
    await consume(bus, { topics: ['items.ready'], group: 'g' }, async () => {})
    const newer = JSON.stringify({ version: CONTRACT_VERSION + 1, project: 'local', job: 'a', more: true })
    await bus.publish([{ topic: 'items.ready', key: 'newer', body: Buffer.from(newer) }])
    await bus.publish([{ topic: 'items.ready', key: 'garbage', body: Buffer.from('{"version":') }])
    await given.promise
    assert.deepEqual(
      dead.map(({ key }) => key),
      ['garbage'],
    )
    assert.ok(lines.some(({ error, outcome }) => outcome === 'retried' && /finish the update/.test(String(error))))
  })
})
