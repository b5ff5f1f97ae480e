import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardsOf, type ScoreQuestion } from '@fanlight/contracts'
import { coalitionAt, coalitionCount } from '@fanlight/segments'
import { type Answer, type Attribution, explainerFor, methodSpec, startRun } from '../src/index.ts'
import { segmentMap } from '../src/segment-map.ts'
import { answerOf } from './planted-model.ts'
import { contextOf, photo, policy } from './suite.ts'

const box = [100, 100, 300, 300] as [number, number, number, number]
const scores = [0.8, 0.6]
const detected: Answer = {
  kind: 'detect',
  width: 640,
  height: 640,
  found: 2,
  detections: scores.map((score, i) => ({
    box,
    class: i,
    label: `thing ${i}`,
    score,
    values: [score, score, 1, 1] as [number, number, number, number],
  })),
}

type Value = (kept: Uint8Array, target: number) => number

/** A method's run over values of two targets: v(full) are the scores. */
function run(name: string, params: object, value: Value, context = contextOf()) {
  const spec = methodSpec(name, params)
  const running = startRun(explainerFor(spec), context, spec.params)
  running.answer(detected)
  const questions: ScoreQuestion[] = []
  while (!running.current.done) {
    const { question } = running.current
    assert.ok(question.kind === 'score')
    questions.push(question)
    const { coalitions, segments } = question
    const kept = Array.from({ length: coalitionCount(coalitions) }, (_, i) => coalitionAt(coalitions, segments, i).kept)
    const values = question.targets.flatMap((target) => kept.map((row) => value(row, target.class)))
    running.answer({ kind: 'score', values: Float32Array.from(values) })
  }
  return { questions, attributions: running.current.explained.attributions }
}

const sumOf = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0)

/** All that counts is kept, to the last bit of a float32; a target's own pieces, and one of both. */
const both: Value = (kept, target) => 0.05 + (scores[target]! - 0.05) * kept[target]! * kept[5]!
const six = { segmentation: { kind: 'grid', rows: 2, cols: 3, edges: 'hard' } }
const shape = { width: 64, height: 64 }
const grid = { kind: 'grid', rows: 2, cols: 3, edges: 'hard' } as const

for (const name of ['kernel-shap', 'shapley-permutation', 'owen']) {
  test(`${name}: cells of a map sum to v(full) − v(empty), and an AND is shared by those it takes`, () => {
    const { attributions } = run(name, { ...six, coalitions: 70 }, both)
    attributions.forEach(({ map, fullValue, emptyValue }, target) => {
      const evidence = fullValue! - emptyValue!
      assert.ok(Math.abs(sumOf(map.data) - evidence) < 1e-5)
      const truth = Float64Array.from({ length: 6 }, (_, j) => (j === target || j === 5 ? evidence / 2 : 0))
      const expected = segmentMap(truth, grid, shape)
      const far = Math.max(...map.data.map((cell, i) => Math.abs(cell - expected[i]!)))
      assert.ok(far < 1e-6, `${far}`)
    })
  })

  test(`${name}: of a box that a person gave v(full) is asked, within the same budget`, () => {
    const given = [{ box, class: 0, label: 'thing' }]
    const context = contextOf({ policy: { ...policy, given } })
    const { questions, attributions } = run(name, { ...six, coalitions: 40 }, both, context)
    assert.equal(attributions[0]!.fullValue, Math.fround(scores[0]!))
    assert.ok(Math.abs(sumOf(attributions[0]!.map.data) - 0.75) < 1e-5)
    const asked = 1 + questions.reduce((sum, question) => sum + forwardsOf(question), 0)
    assert.ok(asked <= 42 && asked === attributions[0]!.forwards, `${asked}`)
  })

  test(`${name}: superpixels are asked for and counted`, () => {
    const spec = methodSpec(name, { segmentation: { kind: 'slic', segments: 6 } }, 60)
    const running = startRun(explainerFor(spec), contextOf(), spec.params)
    let asked = 0
    while (!running.current.done) {
      asked += forwardsOf(running.current.question)
      running.answer(answerOf(photo, running.current.question))
    }
    for (const { forwards, fit } of running.current.explained.attributions) {
      assert.deepEqual([forwards, fit!.segments], [asked, 6])
    }
    assert.ok(asked <= 60)
  })

  test(`${name}: one piece gets everything, and values that never move leave nothing`, () => {
    const one = { segmentation: { kind: 'grid', rows: 1, cols: 1 }, coalitions: 10 }
    const { attributions } = run(name, one, () => 0.25)
    assert.ok(Math.abs(sumOf(attributions[0]!.map.data) - (0.8 - 0.25)) < 1e-5)
    const flat = run(name, { ...six, coalitions: 20 }, (_, target) => scores[target]!).attributions[0]!
    assert.ok(flat.map.data.every((cell) => Math.abs(cell) < 1e-6))
    const { fit } = flat
    assert.ok(fit!.widestInterval === null || Number.isFinite(fit!.widestInterval))
  })

  test(`${name}: a budget that is none is refused`, () => {
    for (const forwards of [11, 20.5]) {
      assert.throws(() => methodSpec(name, {}, forwards), { code: 'USAGE', message: /at least 12/ })
    }
  })
}

/** Eight of 64 pieces count, those of the second target less evenly, and the last two only together. */
const many: Value = (kept, target) =>
  0.1 +
  (scores[target]! - 0.1) *
    (kept.subarray(0, 6).reduce((sum, taking) => sum + taking, 0) / 8 + (kept[6]! * kept[7]!) / 4)

const widths = ({ interval }: Attribution) => sumOf(interval!.halfWidths)

test('kernel-shap: where all coalitions are asked, nothing is left to chance', () => {
  const { attributions, questions } = run('kernel-shap', { ...six, coalitions: 500 }, both)
  assert.equal(sumOf(questions.map(forwardsOf)), 63)
  for (const made of attributions) {
    assert.deepEqual(
      [widths(made), made.stability, made.fit!.widestInterval, made.fit!.stoppedEarly],
      [0, null, 0, false],
    )
  }
})

test('kernel-shap: answers that add up are told exactly and surely, by few coalitions', () => {
  const sum: Value = (kept, target) =>
    (scores[target]! * kept.subarray(0, 8).reduce((all, taking) => all + taking, 0)) / 8
  const { map, interval } = run('kernel-shap', { coalitions: 200 }, sum).attributions[0]!
  const cells = Array.from({ length: 8 }, (_, column) => map.data[4 * 64 + 8 * column + 4]! * 64)
  for (const cell of cells) assert.ok(Math.abs(cell - scores[0]! / 8) < 1e-5, `${cell}`)
  assert.ok(Math.max(...interval!.halfWidths) * 64 < 1e-5)
})

test('kernel-shap: more coalitions make narrower intervals and halves that agree', () => {
  const [few, more] = [200, 2000].map((coalitions) => run('kernel-shap', { coalitions }, many).attributions[0]!)
  assert.ok(widths(more!) < widths(few!) / 2.5, `${widths(few!)} → ${widths(more!)}`)
  assert.ok(more!.stability! > 0.95 && more!.stability! > few!.stability!)
  assert.ok(more!.fit!.r2! > 0.8 && more!.fit!.r2! < 1)
})

for (const name of ['kernel-shap', 'shapley-permutation']) {
  test(`${name}: a tolerance stops it when the intervals are narrow enough, each target in its own time`, () => {
    const coalitions = 4032
    const settings = { coalitions, tolerance: 0.2 }
    // The second target's value depends on nearly everything.
    const noisy: Value = (kept, target) => (target === 0 ? many(kept, 0) : scores[1]! * kept[0]! * kept[9]! * kept[17]!)
    const { questions, attributions } = run(name, settings, noisy)
    const [sure, unsure] = attributions
    assert.ok(sure!.fit!.stoppedEarly && sure!.fit!.widestInterval! <= 0.2)
    assert.ok(sure!.forwards < unsure!.forwards, `${sure!.forwards} ${unsure!.forwards}`)
    assert.equal(unsure!.forwards, 1 + sumOf(questions.map(forwardsOf)))
    assert.ok(unsure!.forwards <= coalitions + 2)
    const alone = run(name, settings, (kept, target) => noisy(kept, target && 0)).attributions[0]!
    assert.deepEqual(alone.map, sure!.map)
  })
}

test('an interval that is looked at more than once is wider', () => {
  const params = { coalitions: 510 }
  // Of three together, since what two earn cancels between complements.
  const three: Value = (kept, target) => scores[target]! * kept[0]! * kept[9]! * kept[17]!
  const once = run('kernel-shap', params, three).attributions[0]!
  const often = run('kernel-shap', { ...params, tolerance: 0.001 }, three).attributions[0]!
  assert.equal(often.fit!.stoppedEarly, false)
  assert.deepEqual(often.map, once.map)
  assert.ok(widths(often) > 1.3 * widths(once))
})

test('owen: spends its coalitions where evidence is, and has neither chance nor intervals', () => {
  const { attributions, questions } = run(
    'owen',
    { coalitions: 300 },
    (kept, target) => (scores[target]! * (kept[3]! + kept[60]!)) / 2,
  )
  const { map, stability, interval } = attributions[0]!
  assert.deepEqual([stability, interval], [null, undefined])
  const at = (row: number, column: number) => map.data[(8 * row + 4) * 64 + 8 * column + 4]! * 64
  assert.ok(Math.abs(at(0, 3) - 0.4) < 0.01 && Math.abs(at(7, 4) - 0.4) < 0.01)
  assert.ok(questions.length < 12)
})
