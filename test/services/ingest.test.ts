import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStage, PROJECT, submit } from './stage.ts'

test('ingesting the same photos again adds nothing', async () => {
  const stage = openStage()
  await submit(stage, { id: 'job', photos: ['x', 'y'] })
  await submit(stage, { id: 'job', photos: ['x', 'y'] })
  assert.equal((await stage.store.getJob(PROJECT, 'job'))?.items.waiting, 2)
})

test('a job without photos is done at once', async () => {
  const stage = openStage()
  await submit(stage, { id: 'job', photos: [] })
  assert.equal((await stage.store.getJob(PROJECT, 'job'))?.state, 'done')
})
