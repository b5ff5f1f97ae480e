import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Box, Evaluation, forwardsOf, MetricName } from '@fanlight/contracts'
import {
  correlation,
  evaluationOf,
  mapMetrics,
  measure,
  measureCost,
  partialCorrelation,
  type Subject,
  sensitivityMax,
} from '../src/index.ts'
import { additive, answered, box, type Detector, grey, inBox, noise, RASTER, subject } from './closed-form.ts'

const measuring = { fills: [grey], steps: 16, metrics: mapMetrics }
const cellNoise = (x: number, y: number) => noise(Math.floor(x * RASTER) + RASTER * Math.floor(y * RASTER))
const perfect = (x: number, y: number) => Number(inBox(x, y))

function measured(made: Subject, detector: Detector = additive, others: readonly Subject[] = []) {
  const { measured: findings } = answered(measure([made, ...others], measuring, 7), detector)
  return (name: MetricName) => findings[0]!.values.get(name)?.[0]
}
const near = (a: number | null | undefined, b: number, by = 1e-6) =>
  assert.ok(typeof a === 'number' && Math.abs(a - b) < by, `${a} is not ${b}`)

test('the true map of an additive detector is faithful to the last digit, at any scale', () => {
  for (const scale of [1, 1e-3, 1e6]) {
    const of = measured(subject((x, y) => scale * perfect(x, y)))
    near(of('mu-fidelity'), 1)
    near(of('infidelity'), 0)
  }
})

test('a map turned around is as wrong as can be, and no scale makes it right', () => {
  const of = measured(subject((x, y) => -perfect(x, y)))
  near(of('mu-fidelity'), -1)
  assert.equal(of('infidelity'), 1)
})

test('a map of noise is not faithful, though more of it is removed with more of the photo', () => {
  const of = measured(subject((x, y) => 1 + cellNoise(x, y)))
  near(of('mu-fidelity'), 0, 0.3)
  const low = measured(subject(cellNoise))
  assert.ok(low('infidelity')! > 0.8, `infidelity ${low('infidelity')}`)
})

test('seen through its map, an additive detector keeps what the level sets hold', () => {
  // Half of the box at 1, half at 0.5: level sets of 1/16 … 7/16 show all of it, those of 9/16 … 15/16 a half.
  const of = measured(subject((x, y) => perfect(x, y) * (x < 0.5 ? 1 : 0.5)))
  near(of('average-drop'), 0.25)
  assert.equal(of('average-increase'), 0)
  const distracted: Detector = (kept) => additive(kept) * (1.5 - 0.5 * kept[0]!)
  assert.equal(measured(subject(perfect), distracted)('average-increase'), 1)
})

test('a map without positive evidence has no average drop; one without any has no fidelity either', () => {
  const against = measured(subject((x, y) => -perfect(x, y)))
  assert.deepEqual([against('average-drop'), against('average-increase'), against('energy-in-box')], [null, null, null])
  const nothing = measured(subject(() => 0))
  for (const name of ['average-drop', 'mu-fidelity', 'pointing-game', 'energy-in-box', 'sparsity'] as const)
    assert.equal(nothing(name), null)
  assert.equal(nothing('infidelity'), 1)
  assert.ok(Number.isFinite(nothing('insertion')))
})

test('without a score to lose, what asks is null, and what does not is told', () => {
  for (const nothing of [0, 0.005]) {
    const of = measured(subject(perfect), () => nothing)
    for (const name of ['insertion', 'deletion-in-box', 'average-drop', 'mu-fidelity', 'infidelity'] as const)
      assert.equal(of(name), null)
    near(of('energy-in-box'), 1)
  }
})

test('leakage is the evidence in other boxes for each in its own, what they share counting as its own', () => {
  const withBox = (...other: Box): Subject => ({
    ...subject(perfect),
    target: { ...subject(perfect).target, box: other },
  })
  const even = subject(() => 1)
  // Own: 200 × 200 pixels. The other, of 100 × 200, lies half in it.
  near(measured(even, additive, [withBox(50, 100, 150, 300)])('other-objects'), 0.25)
  near(measured(even, additive, [withBox(50, 100, 150, 300), withBox(50, 100, 150, 300)])('other-objects'), 0.25)
  assert.equal(measured(even, additive, [withBox(...box)])('other-objects'), null)
  assert.equal(measured(even)('other-objects'), null)
  const outside = subject((x, y) => 1 - perfect(x, y))
  assert.equal(measured(outside, additive, [withBox(0, 0, 50, 50)])('other-objects'), null)
})

test('sparsity is the Gini index: nothing for an even map, the share of nothing for one that is in a part', () => {
  near(measured(subject(() => 3))('sparsity'), 0)
  near(measured(subject((x) => -Number(x < 0.25)))('sparsity'), 0.75)
})

test('all targets share their random removals, and each asks its curves under each fill', () => {
  const wanted = { ...measuring, fills: [grey, { kind: 'mean' } as const] }
  const subjects = [subject(perfect), subject(cellNoise)]
  const { questions, measured: findings } = answered(measure(subjects, wanted, 7), additive)
  assert.equal(questions.length, 2 + 2 * 2 * 2)
  const asked = (all: typeof questions) => all.reduce((sum, question) => sum + forwardsOf(question), 0)
  assert.equal(asked(answered(measure([subjects[0]!], wanted, 7), additive).questions), measureCost(wanted))
  for (const { values } of findings) {
    for (const name of mapMetrics) assert.ok([1, 2].includes(values.get(name)!.length), name)
  }
})

test('only what is wanted is asked for', () => {
  const forwards = (...metrics: MetricName[]) => measureCost({ ...measuring, metrics })
  assert.deepEqual([forwards('sparsity'), forwards('insertion'), forwards('deletion-in-box')], [0, 40, 32])
  const free = { ...measuring, metrics: ['sparsity', 'pointing-game'] as const }
  assert.equal(answered(measure([subject(perfect)], free, 7), additive).questions.length, 0)
  assert.equal(answered(measure([], measuring, 7), additive).questions.length, 0)
})

test('an evaluation fits its contract: what is no number is null, what was not found too', () => {
  const { measured: findings } = answered(measure([subject(perfect)], measuring, 7), additive)
  const spoilt = { ...findings[0]!, values: new Map([...findings[0]!.values, ['sparsity', [Number.NaN]] as const]) }
  const evaluation = Evaluation.parse(evaluationOf(spoilt, { ...measuring, metrics: MetricName.options }))
  const of = (wanted: MetricName) => evaluation.metrics.find(({ name }) => name === wanted)!.values
  assert.deepEqual([of('sparsity'), of('randomisation'), of('pointing-game')], [[null], [null], [1]])
  assert.deepEqual(
    evaluation.curves.map(({ metric, values }) => [metric, values.length]),
    ['insertion', 'deletion', 'insertion-in-box', 'deletion-in-box'].map((name) => [name, 17]),
  )
})

test('an answer to another question is refused', () => {
  for (const wrong of [{ kind: 'detect' }, { kind: 'score', values: new Float32Array(3) }] as const) {
    const asking = measure([subject(perfect)], measuring, 7)
    asking.next()
    assert.throws(() => asking.next(wrong), { code: 'MESSAGE_INVALID' })
  }
})

test('a partial correlation is that of the residuals of both on the third', () => {
  const [a, b, prior] = [0, 1, 2].map((list) => Array.from({ length: 200 }, (_, i) => noise(i + 1000 * list)))
  const [made, again] = [a, b].map((own) => own!.map((value, i) => value + 5 * prior![i]!))
  assert.ok(correlation(made!, again!)! > 0.9)
  const rest = (list: readonly number[]) => {
    const mean = (of: readonly number[]) => of.reduce((sum, value) => sum + value, 0) / of.length
    const [at, around] = [mean(list), mean(prior!)]
    const slope =
      mean(list.map((value, i) => (value - at) * (prior![i]! - around))) / mean(prior!.map((p) => (p - around) ** 2))
    return list.map((value, i) => value - at - slope * (prior![i]! - around))
  }
  near(partialCorrelation(made!, again!, prior!), correlation(rest(made!), rest(again!))!)
  assert.equal(partialCorrelation(prior!, made!, prior!), null)
  assert.equal(partialCorrelation([1, 1, 1], [1, 2, 3], [3, 1, 2]), null)
  near(partialCorrelation([1, 2, 4], [1, 3, 4], [5, 5, 5]), correlation([1, 2, 4], [1, 3, 4])!)
})

test('sensitivity is the largest change of a map for each of its length', () => {
  near(
    sensitivityMax(
      [3, 4],
      [
        [3, 4],
        [3, 9],
        [0, 4],
      ],
    ),
    1,
  )
  assert.deepEqual([sensitivityMax([0, 0], [[1, 1]]), sensitivityMax([1, 1], [])], [null, null])
})
