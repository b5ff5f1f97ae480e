import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBody, sha256 } from '@fanlight/contracts'
import { startInference } from '@fanlight/inference'
import { type Bus, type Delivery, InputError, type Store, TransientError } from '@fanlight/ports'
import { closedFormDetector } from '../closed-form-detector.ts'
import { closedFormModel, isDone, openStage, PROJECT, startQuickExplainer, submit, until } from './stage.ts'

const TIMEOUT = { timeout: 20_000 }

test(
  'a shard that fails three times ends its explanation, and its whole message is among the dead letters',
  TIMEOUT,
  async () => {
    const stage = openStage()
    const model = closedFormModel(() => {
      throw new TransientError('WORKER_CRASHED', 'boom')
    })
    const dead: Delivery[] = []
    await stage.bus.subscribe(
      { topics: ['questions.bulk.dead'], group: 'test' },
      async (letter) => void dead.push(letter),
    )
    await using _inference = await startInference({ ...stage, model })
    await using _explainer = await startQuickExplainer(stage, 'a')
    await submit(stage, { id: 'job', photos: ['x'] })
    await until(isDone(stage, 'job'))
    const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
    assert.equal(item?.failure?.code, 'SHARD_ATTEMPTS_EXHAUSTED')
    assert.match(item.failure.message, /3 attempts; the last one said: boom/)
    assert.equal(model.works.length, 3)
    await until(async () => dead.length > 0)
    assert.equal(decodeBody('questions.bulk', dead[0]!.body).question.kind, 'detect')
    assert.equal(dead[0]!.headers['fanlight-error-code'], 'SHARD_ATTEMPTS_EXHAUSTED')
  },
)

test('a shard of a detector that was never registered ends its explanation, and says so', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  const store = { ...stage.store, getDetector: async () => undefined }
  await using _inference = await startInference({ ...stage, store, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.failure?.code, 'MODEL_NOT_FOUND')
  assert.equal(model.works.length, 0)
})

test('a detector is looked up once, and its file is where each shard says', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  let lookups = 0
  const getDetector = (...key: Parameters<typeof stage.store.getDetector>) => {
    lookups += 1
    return stage.store.getDetector(...key)
  }
  await using _inference = await startInference({ ...stage, store: { ...stage.store, getDetector }, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x', 'y'] })
  await until(isDone(stage, 'job'))
  assert.ok(model.works.length > 4)
  // Two may come at the same time, before either is answered.
  assert.ok(lookups <= model.concurrency, `${lookups} lookups`)
  assert.deepEqual(model.works[0]!.detector, closedFormDetector)
})

test('photos that cannot be read while their server is away are waited for, and fail nothing', TIMEOUT, async () => {
  const stage = openStage()
  let refusals = 0
  const model = closedFormModel(() => {
    if (++refusals <= 10) throw new TransientError('ARTIFACTS_UNAVAILABLE', 'nothing listens there')
  })
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.state, 'done', item?.failure?.message)
})

test('an input that no retry mends is answered at the first attempt, and the other photos go on', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel(({ image }) => {
    if (image.uri.endsWith('bad')) throw new InputError('IMAGE_UNREADABLE', 'cut off')
  })
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['bad', 'good'] })
  await until(isDone(stage, 'job'))
  const { rows } = await stage.store.listItems(PROJECT, 'job', { limit: 10 })
  assert.deepEqual(
    rows.map(({ name, state, failure }) => [name, state, failure?.code]),
    [
      ['bad', 'failed', 'IMAGE_UNREADABLE'],
      ['good', 'done', undefined],
    ],
  )
  assert.equal(model.works.filter(({ image }) => image.uri.endsWith('bad')).length, 1)
})

test('a paused job asks nothing of the model, and goes on where it stood when it is resumed', TIMEOUT, async () => {
  const stage = openStage()
  const running = Promise.withResolvers<void>()
  const gate = Promise.withResolvers<void>()
  const model = closedFormModel(async ({ question }) => {
    if (question.kind === 'detect') return
    running.resolve()
    await gate.promise
  })
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'] })
  await running.promise
  await stage.store.changeJob(PROJECT, 'job', 'pause')
  gate.resolve()
  await stage.clock.sleep(100)
  const asked = model.works.length
  await stage.clock.sleep(100)
  assert.equal(model.works.length, asked, 'nothing is asked while it is paused')
  assert.ok(asked <= 1 + model.concurrency, `${asked} works, the detection and what was running`)
  await stage.store.changeJob(PROJECT, 'job', 'resume')
  await until(isDone(stage, 'job'))
  const slices = model.works.map(({ question }) => JSON.stringify(question))
  assert.equal(new Set(slices).size, slices.length, 'no shard is asked twice')
})

/** A model whose sessions all hold another detector. */
function occupiedModel() {
  let asked = 0
  const hasPlaceFor = () => {
    asked += 1
    return false
  }
  return { ...closedFormModel(), hasPlaceFor, asked: () => asked }
}

test('a worker that is full of other detectors gives a shard back, once, and counts no attempt', TIMEOUT, async () => {
  const stage = openStage()
  const model = occupiedModel()
  const started: number[] = []
  const store: Store = {
    ...stage.store,
    startShard: async (ref) => {
      const start = await stage.store.startShard(ref)
      if (start.do === 'work') started.push(start.attempt)
      return start
    },
  }
  await using _inference = await startInference({ ...stage, store, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'] })
  await until(isDone(stage, 'job'))
  assert.ok(model.works.length > 2)
  assert.equal(model.asked(), model.works.length, 'asked at the first delivery of each shard alone')
  assert.ok(started.every((attempt) => attempt === 1))
})

test('what somebody waits for is not given back, nor what would come to the same worker again', TIMEOUT, async () => {
  const stage = openStage()
  const model = occupiedModel()
  const bus: Bus = {
    supports: { ...stage.bus.supports, redistributes: false },
    publish: (messages) => stage.bus.publish(messages),
    subscribe: (options, handle) => stage.bus.subscribe(options, handle),
    backlog: (topics) => stage.bus.backlog(topics),
    [Symbol.asyncDispose]: async () => {},
  }
  for (const [id, lane, carried] of [
    ['live', 'live', stage.bus],
    ['bulk', 'bulk', bus],
  ] as const) {
    await using _inference = await startInference({ ...stage, bus: carried, model })
    await using _explainer = await startQuickExplainer(stage, 'a')
    await submit(stage, { id, photos: [id], lane })
    await until(isDone(stage, id))
  }
  assert.ok(model.works.length > 4)
  assert.equal(model.asked(), 0)
})

test('shards settle on the workers that hold their detector', TIMEOUT, async () => {
  const stage = openStage()
  const holding = (mine: string) => {
    const model = closedFormModel()
    return { ...model, hasPlaceFor: (id: string) => id === mine }
  }
  const [one, two] = [sha256('one'), sha256('two')]
  const [first, second] = [holding(one), holding(two)]
  await using _first = await startInference({ ...stage, model: first })
  await using _second = await startInference({ ...stage, model: second })
  await using _explainer = await startQuickExplainer(stage, 'a')
  const photos = ['x', 'y', 'z', 'u', 'v', 'w']
  for (const id of [one, two]) await submit(stage, { id, photos, detector: { ...closedFormDetector, id } })
  for (const id of [one, two]) await until(isDone(stage, id))
  const works = [first, second].map((model) => model.works.map(({ detector }) => detector.id))
  const [ofOne, ofTwo] = [works[0]!.filter((id) => id === one).length, works[1]!.filter((id) => id === two).length]
  const all = works.flat().length
  assert.ok(ofOne + ofTwo > 0.6 * all, `${ofOne} and ${ofTwo} of ${all} shards where their detector is`)
})
