import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Box, forwardsOf } from '@fanlight/contracts'
import { evenBounds, resampled } from '@fanlight/evaluate'
import { focusMap } from '../src/focus-map.ts'
import { focusPrior } from '../src/focus-prior.ts'
import { type Explained, methodNamed, methodSpec, startRun } from '../src/index.ts'
import { answerOf } from './planted-model.ts'
import { contextOf, photo } from './suite.ts'

const grid = { kind: 'grid', rows: 8, cols: 8, edges: 'hard' } as const

function explained(params: object): Explained {
  const run = startRun(methodNamed('focus'), contextOf(), methodSpec('focus', params).params)
  while (!run.current.done) run.answer(answerOf(photo, run.current.question))
  return run.current.explained
}

test('each cell of a map sums to its value, wherever the box is', () => {
  const values = Float64Array.from({ length: 64 }, (_, i) => (i === 27 ? 5 : (i % 7) - 3))
  const image = { width: 640, height: 480 }
  for (const box of [
    [20, 30, 50, 90],
    [0, 0, 640, 480],
    [300, 200, 300, 200],
    [-50, 400, 900, 700],
  ] as Box[]) {
    for (const shape of [
      { width: 64, height: 48 },
      { width: 33, height: 64 },
    ]) {
      const data = focusMap(values, grid, { box, image, shape })
      const means = resampled({ ...shape, data }, evenBounds(0, 1, 8), evenBounds(0, 1, 8))
      const area = (shape.width * shape.height) / 64
      // Positions that two cells share have one value for both.
      const slack = shape.width % 8 === 0 ? 1e-5 : 1
      means.forEach((mean, cell) => {
        assert.ok(Math.abs(mean * area - values[cell]!) < slack, `cell ${cell}`)
      })
      const all = data.reduce((sum, value) => sum + value, 0)
      assert.ok(Math.abs(all - values.reduce((sum, value) => sum + value, 0)) < 1e-3)
    }
  }
})

test('a small object is drawn where its box lies within the cell; a cell far from the box is even', () => {
  const shape = { width: 64, height: 64 }
  const image = { width: 640, height: 640 }
  const values = new Float64Array(64).fill(1)
  const data = focusMap(values, grid, { box: [20, 20, 40, 40], image, shape })
  const at = (x: number, y: number) => data[y * 64 + x]!
  // A position beside the middle of the box, which is one to each side: .65 √(2π) (Φ(1 ÷ .65) − ½) = .7137 a side.
  assert.ok(Math.abs(at(2, 2) / at(7, 7) - (0.7137 ** 2 + 0.1) / 0.1) < 1e-2, `${at(2, 2)} and ${at(7, 7)}`)
  const even = Array.from({ length: 64 }, (_, i) => at(40 + (i % 8), 40 + Math.floor(i / 8)))
  assert.ok(Math.max(...even) - Math.min(...even) < 1e-9)
})

test('the prior lies over the box, sums alike wherever the box is, and is the smaller the larger the box', () => {
  const image = { width: 640, height: 480 }
  const sum = (box: [number, number, number, number]) =>
    focusPrior(box, image, grid).weights.reduce((all, weight) => all + weight, 0)
  assert.ok(Math.abs(sum([100, 100, 200, 200]) - sum([300, 200, 400, 300])) < 1e-9)
  assert.ok(sum([0, 0, 640, 480]) < sum([100, 100, 200, 200]))
  const { weights } = focusPrior([480, 360, 640, 480], image, grid)
  assert.equal(weights.indexOf(weights.reduce((most, weight) => Math.max(most, weight), 0)) >= 48, true)
  for (const box of [
    [0, 0, 0, 0],
    [640, 480, 640, 480],
    [10, 10, 10, 300],
  ] as const) {
    assert.ok(focusPrior([...box], image, grid).weights.every(Number.isFinite))
  }
})

test('what is told of a target: intervals, how much is prior, how it stands with another fill', () => {
  const { attributions } = explained({ coalitions: 120 })
  for (const made of attributions) {
    assert.equal(made.forwards, 122)
    assert.ok(made.priorShare > 0 && made.priorShare < 1)
    assert.ok(made.stability! > 0 && made.stability! <= 1)
    assert.equal(made.interval?.level, 0.9)
    assert.ok(made.fit!.r2! > 0.5)
    assert.equal(made.fit!.stoppedEarly, false)
    // The planted detector sees no fill, only what is kept.
    assert.ok(made.fit!.fillAgreement! > 0.999)
  }
})

test('one coalition in fifteen, five to ten, is asked under another fill, and counts as one', () => {
  for (const [coalitions, checked] of [
    [20, 5],
    [98, 7],
    [148, 10],
    [400, 10],
  ] as const) {
    const run = startRun(methodNamed('focus'), contextOf(), methodSpec('focus', { coalitions }).params)
    const asked = { mean: 0, blur: 0 }
    while (!run.current.done) {
      const { question } = run.current
      if (question.kind === 'score') asked[question.fill.kind as keyof typeof asked] += forwardsOf(question)
      run.answer(answerOf(photo, question))
    }
    // The empty photo beside them.
    assert.deepEqual(asked, { mean: coalitions - checked + 1, blur: checked })
  }
})

test('with a tolerance it stops when all cells are sure, each target by itself', () => {
  const wide = explained({ coalitions: 400, tolerance: 0.9 }).attributions
  for (const { fit, forwards } of wide) {
    assert.equal(fit!.stoppedEarly, true)
    assert.ok(fit!.widestInterval! <= 0.9 && forwards < 402)
  }
  const narrow = explained({ coalitions: 60, tolerance: 1e-6 }).attributions
  assert.deepEqual(
    narrow.map(({ fit, forwards }) => [fit!.stoppedEarly, forwards]),
    narrow.map(() => [false, 62]),
  )
})

test('a target without a score has a map of zeros and no numbers', () => {
  const given = [{ box: [1, 1, 9, 9] as [number, number, number, number], class: 7, label: 'nothing' }]
  const context = { ...contextOf(), policy: { ...contextOf().policy, given } }
  const run = startRun(methodNamed('focus'), context, methodSpec('focus', { coalitions: 40 }).params)
  while (!run.current.done) run.answer(answerOf(photo, run.current.question))
  const [made] = run.current.explained.attributions
  assert.ok(made!.map.data.every((value) => value === 0))
  assert.deepEqual([made!.fit!.r2, made!.stability], [null, null])
})

test('with a tolerance, a target without a score keeps no other from stopping', () => {
  const seen = photo.objects.slice(0, 2).map(({ box, class: index }) => ({ box: [...box] as Box, class: index }))
  const given = [...seen, { box: [1, 1, 9, 9] as Box, class: 7 }].map((each) => ({ ...each, label: 'given' }))
  const context = { ...contextOf(), policy: { ...contextOf().policy, given } }
  const run = startRun(methodNamed('focus'), context, methodSpec('focus', { coalitions: 400, tolerance: 0.9 }).params)
  while (!run.current.done) run.answer(answerOf(photo, run.current.question))
  const { attributions } = run.current.explained
  assert.equal(attributions.length, given.length)
  assert.ok(attributions.every(({ fit, forwards }) => fit!.stoppedEarly && forwards < 402))
})
