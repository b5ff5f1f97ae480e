import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryBus } from '@fanlight/bus-memory'
import { ingest } from '../src/index.ts'
import { gate, openStage, photo, project, spec, until } from './stage.ts'

test('photos that are handed over slowly are items after some seconds, before a batch is full', async () => {
  await using stage = openStage()
  await using bus = memoryBus()
  const { clock, store } = stage
  const stuck = gate()
  let given = 0
  async function* photos() {
    for (const name of ['a', 'b']) {
      given++
      yield photo(name)
    }
    await stuck.wait
    yield photo('c')
  }
  const job = { project, id: 'job', name: 'job', spec }
  const ingested = ingest({ store, bus }, job, photos(), { clock })
  await until(() => given === 2)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(await stage.names(), [])
  clock.advance(10_000)
  await until(async () => (await stage.names()).length === 2)
  stuck.open()
  await ingested
  assert.deepEqual(await stage.names(), ['a', 'b', 'c'])
  assert.equal((await store.getJob(project, 'job'))?.sealed, true)
})
