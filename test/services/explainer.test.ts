import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeTranscript, methodSpec } from '@fanlight/explain'
import { startExplainer } from '@fanlight/explainer'
import { startInference } from '@fanlight/inference'
import { closedFormModel, isDone, openStage, PROJECT, startQuickExplainer, submit, until } from './stage.ts'

const TIMEOUT = { timeout: 20_000 }

test('another explainer goes on from the answers that a dead one left', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  await using _inference = await startInference({ ...stage, model })
  const first = await startQuickExplainer(stage, 'first')
  await submit(stage, { id: 'job', photos: ['x', 'y'] })
  await until(async () => model.works.length > 3)
  await first[Symbol.asyncDispose]()
  await stage.store.releaseExpired({ everyone: true })
  await using _second = await startQuickExplainer(stage, 'second')
  await until(isDone(stage, 'job'))
  const detections = model.works.filter(({ question }) => question.kind === 'detect')
  assert.equal(detections.length, 2, 'what was answered is not asked again')
})

test(
  'no more items are open than there is room for, and as many live ones, which go before bulk',
  TIMEOUT,
  async () => {
    const stage = openStage()
    const order: string[] = []
    let most = 0
    const model = closedFormModel(async ({ image, question }) => {
      if (question.kind === 'detect') order.push(image.uri.slice('file:///'.length))
      const open = await Promise.all(['bulk', 'live'].map((job) => stage.store.getJob(PROJECT, job)))
      most = Math.max(
        most,
        open.reduce((sum, job) => sum + (job?.items.open ?? 0), 0),
      )
    })
    await submit(stage, { id: 'bulk', photos: ['b1', 'b2', 'b3'] })
    await submit(stage, { id: 'live', photos: ['l1', 'l2'], lane: 'live' })
    await using _inference = await startInference({ ...stage, model })
    await using _explainer = await startQuickExplainer(stage, 'a', 1)
    await until(async () => (await isDone(stage, 'bulk')()) && (await isDone(stage, 'live')()))
    assert.ok(most <= 2, `${most} were open`)
    assert.deepEqual(order, ['l1', 'l2', 'b1', 'b2', 'b3'])
  },
)

test('a live photo is worked on while bulk work fills the desk', TIMEOUT, async () => {
  const stage = openStage()
  const [busy, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const model = closedFormModel(async ({ image }) => {
    if (!image.uri.includes('/b')) return
    busy.resolve()
    await gate.promise
  })
  await using _inference = await startInference({ ...stage, model: { ...model, concurrency: 3 } })
  await using _explainer = await startQuickExplainer(stage, 'a', 1)
  await submit(stage, { id: 'bulk', photos: ['b1', 'b2'] })
  await busy.promise
  await submit(stage, { id: 'live', photos: ['l1', 'l2'], lane: 'live' })
  await until(isDone(stage, 'live'))
  assert.equal((await stage.store.getJob(PROJECT, 'bulk'))?.items.open, 1)
  gate.resolve()
  await until(isDone(stage, 'bulk'))
})

test('the same photo under two names is explained once and counts as two items', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'one', photos: ['x'] })
  await submit(stage, { id: 'two', photos: ['x'] })
  await until(async () => (await isDone(stage, 'one')()) && (await isDone(stage, 'two')()))
  assert.equal(model.works.filter(({ question }) => question.kind === 'detect').length, 1)
})

test('a method that is another version than the recorded one ends in a failure that says so', TIMEOUT, async () => {
  const stage = openStage()
  await using _inference = await startInference({ ...stage, model: closedFormModel() })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'], methods: [{ ...methodSpec('random'), version: 999 }] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.match(item?.failure?.message ?? '', /version 999/)
})

test('an explanation that was forgotten and is asked for anew starts from its first question', TIMEOUT, async () => {
  const stage = openStage()
  let held = true
  const model = closedFormModel(async ({ question }) => {
    if (held && question.kind === 'score') throw new Error('not yet')
  })
  await using _inference = await startInference({ ...stage, model })
  // Its sweeper, which would tell it that its items are gone, comes much later.
  await using _explainer = await startExplainer(stage, { owner: 'a', maxOpenItems: 4, tickMs: 3_600_000 })
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(async () => model.works.some(({ question }) => question.kind === 'score'))
  await stage.store.forgetJob(PROJECT, 'job')
  held = false
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.state, 'done', item?.failure?.message)
  const [made] = await stage.store.listExplanations(PROJECT, 'job', item?.id ?? '')
  const transcript = await decodeTranscript(await stage.artifacts.get(made?.result?.transcript ?? ''))
  assert.deepEqual(
    transcript.questions.map(({ answer }) => answer.kind),
    ['detect', 'score'],
  )
})

test('answers to an earlier cut of a question do not pass for answers to the present one', TIMEOUT, async () => {
  const stage = openStage()
  const [old, anew] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let isForgotten = false
  let scores = 0
  const model = closedFormModel(async ({ question }) => {
    if (question.kind !== 'score') return
    if (isForgotten) await anew.promise
    else if (++scores === 2) await old.promise
  })
  await using _inference = await startInference({ ...stage, model })
  const first = await startExplainer(stage, { owner: 'a', maxOpenItems: 4, tickMs: 20, targetShardMs: 5 })
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(async () => model.works.filter(({ question }) => question.kind === 'score').length > 2)
  await first[Symbol.asyncDispose]()
  await stage.store.forgetJob(PROJECT, 'job')
  isForgotten = true
  await using _second = await startExplainer(stage, { owner: 'b', maxOpenItems: 4, tickMs: 20, targetShardMs: 13 })
  await submit(stage, { id: 'job', photos: ['x'] })
  setTimeout(old.resolve, 300)
  setTimeout(anew.resolve, 600)
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.state, 'done', item?.failure?.message)
})
