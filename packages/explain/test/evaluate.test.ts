import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Evaluation, forwardsOf, MetricName, type Question } from '@fanlight/contracts'
import {
  type Answer,
  type AskedQuestion,
  checkObjectives,
  type ExplainContext,
  type Explained,
  explainerFor,
  methodSpec,
  startRun,
} from '../src/index.ts'
import { answerOf, type PlantedModel } from './planted-model.ts'
import { contextOf, explained, photo, policy } from './suite.ts'

const alone = { ...photo, objects: photo.objects.slice(0, 1) }
const masks = { name: 'drise', params: { masks: 60 } }

/** Runs `evaluate` over answers, and tells what was asked. */
function evaluated(
  params: object,
  answer: (question: AskedQuestion) => Answer = (question) => answerOf(alone, question),
  context: ExplainContext = contextOf(),
) {
  const spec = methodSpec('evaluate', params)
  const run = startRun(explainerFor(spec), context, spec.params)
  const questions: AskedQuestion[] = []
  while (!run.current.done) {
    questions.push(run.current.question)
    run.answer(answer(run.current.question))
  }
  return { questions, spec, ...run.current.explained }
}

function metricsOf({ attributions }: Pick<Explained, 'attributions'>, at = 0) {
  const { metrics } = Evaluation.parse(attributions[at]!.evaluation)
  return (wanted: MetricName) => metrics.find(({ name }) => name === wanted)?.values
}

const isUnderWeights = (question: Question) =>
  (question.kind === 'score' || question.kind === 'gradient') && question.variant?.weights !== undefined

/** A planted model that, with other weights, sees something else, at other places. */
const redrawable = (question: AskedQuestion): Answer => {
  if (question.kind !== 'score' || !isUnderWeights(question)) return answerOf(alone, question)
  const moved: PlantedModel = { ...alone, objects: [{ ...alone.objects[0]!, box: [200, 20, 390, 290], score: 0.3 }] }
  const targets = question.targets.map((target) => ({
    ...target,
    box: [200, 20, 390, 290] as [number, number, number, number],
  }))
  return answerOf(moved, { ...question, targets })
}

test('the measured maps are those of the method alone, with the numbers that it gave', () => {
  const measured = explained(methodSpec('evaluate', { method: masks, steps: 4 }), contextOf(), photo)
  const plain = explained(methodSpec('drise', masks.params), contextOf(), photo)
  const without = measured.attributions.map(({ evaluation, ...rest }) => rest)
  assert.deepEqual({ ...measured, attributions: without }, plain)
})

test('each map has each wanted metric once a fill, or once, in the order of all', () => {
  const { attributions } = explained(methodSpec('evaluate', { method: masks, steps: 4 }), contextOf(), photo)
  for (const { evaluation } of attributions) {
    const { metrics, fills, curves } = Evaluation.parse(evaluation)
    assert.deepEqual(fills, [{ kind: 'mean' }, { kind: 'blur', sigma: 0.05 }])
    const costly = ['sensitivity-max', 'seed-to-seed', 'randomisation']
    assert.deepEqual(
      metrics.map(({ name }) => name),
      MetricName.options.filter((name) => !costly.includes(name)),
    )
    assert.deepEqual(
      metrics.map(({ values }) => values.length),
      [...Array(8).fill(2), 1, 1, 1, 1, 2, 2, 1],
    )
    assert.equal(curves.length, 8)
  }
})

test('a box Gaussian knows a box better than noise does', () => {
  const [known, blind] = ['box-gaussian', 'random'].map((method) => metricsOf(evaluated({ method })))
  assert.ok(known!('insertion-minus-deletion')![0]! > blind!('insertion-minus-deletion')![0]! + 0.2)
  assert.ok(known!('infidelity')![0]! < blind!('infidelity')![0]! - 0.2)
  assert.equal(known!('pointing-game')![0], 1)
})

test('it asks for as many forwards as it said, and what the detector sees only once, with all metrics too', () => {
  for (const params of [
    { method: masks },
    { method: masks, metrics: 'all' },
    { method: masks, metrics: 'all', randomised: {} },
    { method: 'gradient', metrics: ['sparsity', 'randomisation'] },
    { method: masks, metrics: ['sparsity'], fills: [{ kind: 'mean' }] },
  ]) {
    const { questions, spec } = evaluated(params)
    const asked = questions.reduce((sum, question) => sum + forwardsOf(question), 0)
    assert.equal(asked, explainerFor(spec).cost(spec.params))
    assert.equal(questions.filter(({ kind }) => kind === 'detect').length, 1)
  }
})

test('measured is the default of explain unless told, and a budget is the inner method’s', () => {
  assert.deepEqual(methodSpec('evaluate').params.method, methodSpec('focus'))
  assert.deepEqual(methodSpec('evaluate', { method: 'drise' }, 300).params.method, methodSpec('drise', {}, 300))
})

test('a detector that does not mind its weights is found out; one whose maps change is not', () => {
  const params = { method: { name: 'drise', params: { masks: 600 } }, metrics: ['randomisation'] }
  const [same] = metricsOf(evaluated(params))('randomisation')!
  const [other] = metricsOf(evaluated(params, redrawable))('randomisation')!
  assert.ok(same! > 0.6 && other! < 0.3, `${same} and ${other}`)
  const asked = evaluated(params).questions.filter(isUnderWeights)
  const layers = asked.map((question) => question.kind === 'score' && question.variant?.weights?.layers)
  assert.deepEqual(layers, [0.25, 0.25, 0.5, 0.5, 1, 1])
})

test('under a variant, v(full) of the detections is that of the variant', () => {
  const { attributions } = evaluated({ method: masks, randomised: {}, metrics: ['sparsity'] }, redrawable)
  assert.equal(attributions[0]!.fullValue, Math.fround(0.3))
})

test('the weight-randomised baseline asks another detector, and is measured on the true one', () => {
  const params = { method: masks, randomised: { layers: 0.5 }, steps: 8 }
  const { questions, attributions } = evaluated(params, redrawable)
  // The values of the detections, and the masks.
  assert.equal(questions.filter(isUnderWeights).length, 2)
  assert.ok(questions.slice(3).every((question) => !isUnderWeights(question)))
  const [curve] = attributions[0]!.evaluation!.curves
  assert.equal(curve!.values.at(-1), 1)
  const plain = metricsOf(evaluated({ method: masks, steps: 8 }))('insertion')![0]!
  assert.ok(metricsOf({ attributions })('insertion')![0]! < plain - 0.2)
})

test('all photos meet the same redrawn detector', () => {
  const weights = (image: string) => {
    const context = contextOf({ image: image.repeat(64) })
    const { questions } = evaluated({ method: masks, randomised: {}, metrics: ['sparsity'] }, redrawable, context)
    return questions.filter(isUnderWeights).map((question) => question.kind === 'score' && question.variant)
  }
  assert.deepEqual(weights('c'), weights('d'))
})

test('noise that changes no answer changes no map; another seed does, if there is randomness', () => {
  const metrics = ['sensitivity-max', 'seed-to-seed']
  const masked = metricsOf(evaluated({ method: masks, metrics }))
  assert.deepEqual(masked('sensitivity-max'), [0])
  const [agreement] = masked('seed-to-seed')!
  assert.ok(agreement! > 0.1 && agreement! < 0.99, `agreement ${agreement}`)
  for (const method of ['box-gaussian', 'gradient']) {
    const of = metricsOf(evaluated({ method, metrics }))
    assert.deepEqual([of('sensitivity-max'), of('seed-to-seed')], [[0], [null]])
  }
})

test('what a method assumed is no agreement with the maps of another network', () => {
  const of = metricsOf(evaluated({ method: 'box-gaussian', metrics: ['randomisation'] }))
  assert.deepEqual(of('randomisation'), [null])
})

test('everything is the same bits under any shard plan', () => {
  const run = (size: number) =>
    evaluated({ method: masks, metrics: 'all', steps: 4 }, (question) => answerOf(photo, question, size)).attributions
  assert.deepEqual(run(1000), run(7))
})

test('a given box that no detection lies on is measured against its own score, which may be nothing', () => {
  const given = [{ box: [60, 60, 140, 150] as [number, number, number, number], class: 1, label: 'seen' }]
  const seen = evaluated({ method: masks, steps: 8 }, undefined, contextOf({ policy: { ...policy, given } }))
  assert.equal(seen.attributions[0]!.fullValue, null)
  assert.equal(seen.attributions[0]!.evaluation!.curves[0]!.values.at(-1), 1)
  const elsewhere = [{ ...given[0]!, box: [300, 10, 380, 80] as [number, number, number, number] }]
  const unseen = evaluated({ method: masks }, undefined, contextOf({ policy: { ...policy, given: elsewhere } }))
  assert.deepEqual(unseen.attributions[0]!.evaluation!.curves, [])
  assert.deepEqual(metricsOf(unseen)('insertion'), [null, null])
})

test('a class of the whole photo is measured like a detection', () => {
  const classified: PlantedModel = {
    width: 400,
    height: 300,
    objects: [{ box: [0, 0, 400, 300], class: 3, score: 0.9 }],
  }
  const of = metricsOf(evaluated({ method: masks }, (question) => answerOf(classified, question)))
  assert.deepEqual([of('pointing-game'), of('energy-in-box'), of('other-objects')], [[1], [1], [null]])
  // Divided more coarsely, the curves are much the same.
  assert.ok(Math.abs(of('insertion')![0]! - of('insertion-in-box')![0]!) < 0.1)
})

test('the default fills are the method’s own and one that it does not know', () => {
  const fills = (method: unknown) => methodSpec('evaluate', { method }).params.fills
  const grey = { kind: 'constant', rgb: [114, 114, 114] }
  const blur = { kind: 'blur', sigma: 0.05 }
  assert.deepEqual(fills('grad-cam'), [grey, blur])
  assert.deepEqual(fills({ name: 'drise', params: { fill: { kind: 'blur', sigma: 0.1 } } }), [
    { kind: 'blur', sigma: 0.1 },
    grey,
  ])
})

test('a spec holds the inner method whole, so that it is part of every id', () => {
  const { params } = methodSpec('evaluate', { method: 'drise', metrics: ['sparsity', 'insertion'] })
  assert.deepEqual(params.method, methodSpec('drise'))
  assert.deepEqual(params.metrics, ['insertion', 'sparsity'])
  assert.deepEqual(methodSpec('evaluate', params).params, params)
})

test('what cannot be measured is refused with what is wrong', () => {
  const refused = (params: object, message: RegExp) =>
    assert.throws(() => methodSpec('evaluate', params), { code: 'USAGE', message })
  refused({ method: 'evaluate' }, /cannot measure itself/)
  refused({ method: { name: 'evaluate', params: { method: 'drise' } } }, /cannot measure itself/)
  refused({ method: 'nothing' }, /no method "nothing"/)
  refused({ method: 7 }, /name of a method.*, not 7/)
  refused({ metrics: ['insert'] }, /all, or a list of insertion, .*, not \["insert"\]/)
  refused({ method: { name: 'drise', params: { masks: -1 } } }, /masks/)
  refused({ method: { name: 'drise', version: 99, params: {} } }, /version 99/)
  refused({ metrics: ['beauty'] }, /metrics/)
  refused({ fills: [] }, /fills/)
  refused({ steps: 1000 }, /steps/)
  assert.throws(() => checkObjectives([methodSpec('evaluate')], ['loss.box']), { code: 'USAGE' })
})
