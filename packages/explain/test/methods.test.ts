import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkObjectives,
  explainerFor,
  type MethodName,
  methodNamed,
  methodNames,
  methodSpec,
  startRun,
} from '../src/index.ts'
import { answerOf } from './planted-model.ts'
import { contextOf, photo, testExplainer } from './suite.ts'

/** Cells of 33 pixels: those that matter lie in a box altogether. */
const segmentation = { kind: 'grid', rows: 9, cols: 12, edges: 'hard' }

const suites: Record<
  MethodName,
  { params: object; findsObjects: boolean; sharesSearch?: boolean; adaptive?: boolean }
> = {
  focus: { params: { coalitions: 60 }, findsObjects: true },
  drise: { params: { masks: 400 }, findsObjects: true },
  aise: { params: {}, findsObjects: true, adaptive: true },
  // Cells whose first corners lie in the boxes: a segment is of one value, and the peak is where it begins.
  lime: {
    params: { samples: 300, segmentation: { kind: 'grid', rows: 5, cols: 6, edges: 'hard' } },
    findsObjects: true,
  },
  'grad-cam': { params: {}, findsObjects: true },
  'grad-cam-plus-plus': { params: {}, findsObjects: true },
  'hires-cam': { params: {}, findsObjects: true },
  'layer-cam': { params: { layer: '/model.9/Concat' }, findsObjects: true },
  'xgrad-cam': { params: {}, findsObjects: true },
  'eigen-cam': { params: {}, findsObjects: true },
  odam: { params: {}, findsObjects: true },
  gradient: { params: { cells: 64 }, findsObjects: true },
  'gradient-x-input': { params: { cells: 64 }, findsObjects: true },
  smoothgrad: { params: { cells: 64, samples: 3 }, findsObjects: true },
  'integrated-gradients': { params: { cells: 64, steps: 5 }, findsObjects: true },
  'guided-backprop': { params: { cells: 64 }, findsObjects: true },
  'kernel-shap': { params: { segmentation, coalitions: 600 }, findsObjects: true },
  owen: { params: { segmentation, coalitions: 800 }, findsObjects: true, sharesSearch: true },
  'shapley-permutation': { params: { segmentation, coalitions: 856 }, findsObjects: true },
  'box-gaussian': { params: {}, findsObjects: true },
  random: { params: {}, findsObjects: false },
  evaluate: { params: { method: 'box-gaussian', steps: 8 }, findsObjects: true },
}

for (const name of methodNames) testExplainer(methodSpec(name, suites[name].params), suites[name])

test('an unknown method is refused with the list of those there are', () => {
  for (const name of ['grad_cam', '__proto__', 'toString', 'a\u001b[31m\n']) {
    assert.throws(() => methodNamed(name), { code: 'USAGE', message: /drise, .*box-gaussian, random$/ })
  }
  assert.throws(
    () => methodNamed('\u001b[31m'),
    (error: Error) => !error.message.includes('\u001b'),
  )
})

test('a method of another version than the job was made with is refused', () => {
  assert.throws(() => explainerFor({ ...methodSpec('drise'), version: 999 }), { code: 'USAGE', message: /version 999/ })
})

test('a spec holds the defaults, so that a later default does not change an old job', () => {
  assert.deepEqual(methodSpec('drise'), {
    name: 'drise',
    version: 1,
    params: { masks: 998, grid: 8, probability: 0.5, fill: { kind: 'mean' } },
  })
})

test('a budget of forwards counts the clean and the empty run, and is ignored by methods without masks', () => {
  const spec = methodSpec('drise', { grid: 8 }, 1000)
  assert.deepEqual([spec.params.masks, spec.params.grid, explainerFor(spec).cost(spec.params)], [998, 8, 1000])
  assert.deepEqual(methodSpec('random', {}, 1000).params, { grid: 16 })
})

test('params and budgets that a method cannot use are refused with what is wrong', () => {
  assert.throws(() => methodSpec('drise', {}, 11), { code: 'USAGE', message: /11 forwards.*at least 12/ })
  assert.throws(() => methodSpec('drise', {}, 20.5), { code: 'USAGE' })
  assert.throws(() => methodSpec('drise', {}, 10_000_000), { code: 'USAGE', message: /masks/ })
  assert.throws(() => methodSpec('drise', { masks: -1 }), { code: 'USAGE', message: /masks/ })
  assert.throws(() => methodSpec('drise', { probability: Number.NaN }), { code: 'USAGE', message: /probability/ })
  assert.throws(() => methodSpec('drise', { mask: 100 }), { code: 'USAGE', message: /mask/ })
  assert.throws(() => methodSpec('drise', 'masks'), { code: 'USAGE' })
})

test('loss terms are for methods that take gradients, and the others say which those are', () => {
  checkObjectives([methodSpec('grad-cam'), methodSpec('gradient')], ['score', 'loss.cls'])
  assert.throws(() => checkObjectives([methodSpec('odam'), methodSpec('drise')], ['score', 'loss.box']), {
    code: 'USAGE',
    message: /^drise cannot explain loss\.box, only score, class, objectness, box: take one of grad-cam, /,
  })
})

test('a CAM is taken at the neck, or at the layer that is named', () => {
  const tapOf = (params: object) => {
    const run = startRun(methodNamed('grad-cam'), contextOf(), methodSpec('grad-cam', params).params)
    assert.ok(!run.current.done)
    run.answer(answerOf(photo, run.current.question))
    assert.ok(!run.current.done && run.current.question.kind === 'gradient')
    return run.current.question.tap
  }
  assert.deepEqual(tapOf({}), { kind: 'neck' })
  assert.deepEqual(tapOf({ layer: 'Concat_3' }), { kind: 'layer', name: 'Concat_3' })
})
