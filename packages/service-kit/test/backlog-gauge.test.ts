import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBus } from '@fanlight/bus-memory'
import { silentLogger } from '@fanlight/service-kit'
import { gaugeBacklog } from '@fanlight/service-kit/run'
import { createMetrics } from '../src/metrics.ts'

test('what waits on the bus is asked when the metrics are read, and a bus that is away leaves the rest of them', async () => {
  const metrics = createMetrics('test')
  const bus = memoryBus()
  gaugeBacklog(bus, ['t'], { metrics, logger: silentLogger })
  const gate = Promise.withResolvers<void>()
  await bus.subscribe({ topics: ['t'], group: 'g' }, () => gate.promise)
  await bus.publish([1, 2].map((n) => ({ topic: 't', key: `${n}`, body: new Uint8Array(1) })))
  assert.match(await metrics.registry.metrics(), /fanlight_backlog_messages\{topic="t",group="g",service="test"\} 2/)
  gate.resolve()
  await bus[Symbol.asyncDispose]()
  assert.match(await metrics.registry.metrics(), /process_resident_memory_bytes/)
})
