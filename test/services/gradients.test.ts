import assert from 'node:assert/strict'
import { test } from 'node:test'
import { methodSpec } from '@fanlight/explain'
import { startInference } from '@fanlight/inference'
import { InputError } from '@fanlight/ports'
import { closedFormModel, isDone, openStage, PROJECT, startQuickExplainer, submit, until } from './stage.ts'

const TIMEOUT = { timeout: 20_000 }
const odam = methodSpec('odam')

test('a gradient question is cut by target: each shard asks for the whole of one target’s map', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'], methods: [odam] })
  await until(isDone(stage, 'job'))
  const asked = model.works.map(({ question }) => question).filter((question) => question.kind === 'gradient')
  assert.equal(asked.length, 2, 'a shard a target')
  assert.deepEqual(
    asked.map(({ targets, reduction, map }) => [targets.map((target) => target.class), reduction, map]).sort(),
    [0, 1].map((thing) => [[thing], 'odam', { width: 64, height: 16 }]),
  )
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  const [made] = await stage.store.listExplanations(PROJECT, 'job', item!.id)
  const { attributions } = made!.result!
  assert.deepEqual(
    attributions.map(({ target, gradient, forwards }) => [target.label, gradient?.layers, forwards]),
    [0, 1].map((thing) => [`thing ${thing}`, ['cells'], 4]),
  )
})

test('a detector that has no gradient fails those explanations at once, and no others', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel(({ question }) => {
    if (question.kind === 'gradient') throw new InputError('MODEL_UNSUPPORTED', 'the "If" node has no gradient')
  })
  await using _inference = await startInference({ ...stage, model })
  await using _explainer = await startQuickExplainer(stage, 'a')
  const methods = [odam, methodSpec('drise', { masks: 40, grid: 4 })]
  await submit(stage, { id: 'job', photos: ['x'], methods })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  const made = await stage.store.listExplanations(PROJECT, 'job', item!.id)
  const ends = made.map(({ method, state, failure }) => [method.name, state, failure?.code])
  assert.deepEqual(ends.sort(), [
    ['drise', 'done', undefined],
    ['odam', 'failed', 'MODEL_UNSUPPORTED'],
  ])
  const tries = model.works.filter(({ question }) => question.kind === 'gradient').length
  assert.ok(tries <= 2, `${tries} tries of two shards`)
})

test('maps that no message carries are refused with what to ask for instead', TIMEOUT, async () => {
  const stage = openStage()
  await using _inference = await startInference({ ...stage, model: closedFormModel() })
  await using _explainer = await startQuickExplainer(stage, 'a')
  const methods = [methodSpec('gradient', { cells: 512 })]
  await submit(stage, { id: 'job', photos: ['x'], methods, objectives: ['score', 'class', 'box'] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.failure?.code, 'USAGE')
  assert.match(item.failure.message, /maps of 512 × 128 cells, 3 a detection, do not fit .* such as 230, or/)
})

test('an answer that no message carries ends its explanation, and says so', TIMEOUT, async () => {
  const stage = openStage()
  const model = closedFormModel()
  const large: typeof model = {
    ...model,
    async answer(work, signal) {
      const made = await model.answer(work, signal)
      if (made.answer.kind !== 'gradient') return made
      return { ...made, answer: { ...made.answer, maps: 'A'.repeat(1_200_000) } }
    },
  }
  await using _inference = await startInference({ ...stage, model: large })
  await using _explainer = await startQuickExplainer(stage, 'a')
  await submit(stage, { id: 'job', photos: ['x'], methods: [odam] })
  await until(isDone(stage, 'job'))
  const [item] = (await stage.store.listItems(PROJECT, 'job', { limit: 10 })).rows
  assert.equal(item?.failure?.code, 'MESSAGE_TOO_LARGE')
})
