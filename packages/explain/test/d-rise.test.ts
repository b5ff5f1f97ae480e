import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question, ScoreQuestion } from '@fanlight/contracts'
import { correlation } from '@fanlight/evaluate'
import { coalitionAt, coalitionCount, maskAt } from '@fanlight/segments'
import { type Answer, explainerFor, methodSpec, startRun } from '../src/index.ts'
import { contextOf, policy } from './suite.ts'

const GRID = 8
const SIDE = 640
const BOX: [number, number, number, number] = [100, 100, 300, 300]
const detection = {
  box: BOX,
  class: 0,
  label: 'thing',
  score: 0.5,
  values: [0.5, 0.5, 1, 1] as [number, number, number, number],
}
const detected: Answer = { kind: 'detect', width: SIDE, height: SIDE, detections: [detection], found: 1 }

function run(params: object, score: (coalition: number, question: ScoreQuestion) => number, context = contextOf()) {
  const spec = methodSpec('drise', params)
  const running = startRun(explainerFor(spec), context, spec.params)
  running.answer(detected)
  const question = asked(running.current)
  const count = coalitionCount(question.coalitions)
  const each = Float32Array.from({ length: count }, (_, i) => score(i, question))
  const values = new Float32Array(question.objectives.length * count)
  for (const i of question.objectives.keys()) values.set(each, i * count)
  running.answer({ kind: 'score', values })
  assert.ok(running.current.done)
  return { question, attributions: running.current.explained.attributions }
}

function asked(step: { done: boolean; question?: Question }): ScoreQuestion {
  assert.ok(step.question?.kind === 'score')
  return step.question
}

/** ∫ tent(t) · tent(t + d) dt: the cubic B-spline. */
function tentOverlap(distance: number): number {
  const d = Math.abs(distance)
  if (d >= 2) return 0
  return d <= 1 ? 2 / 3 - d ** 2 + d ** 3 / 2 : (2 - d) ** 3 / 6
}

test('for a linear score s = Σ a·M(x) the map is its closed form (1 − p) Σ a · B(dx) · B(dy)', () => {
  // Cov(M(u), M(v)) = p (1 − p) E[Σ over cells of w(u) w(v)], and the shift makes the expectation an overlap of tents.
  const points = [
    { x: 0.3, y: 0.4, weight: 0.7 },
    { x: 0.62, y: 0.55, weight: -0.4 },
    { x: 0.7, y: 0.2, weight: 0.2 },
  ]
  const probability = 0.4
  const raster = 50 // its pixels' centres are at .01, .03 …
  const { attributions } = run({ masks: 6000, grid: GRID, probability }, (i, question) => {
    const mask = maskAt(coalitionAt(question.coalitions, question.segments, i), question.segments, raster, raster)
    const at = ({ x, y }: { x: number; y: number }) => mask[Math.floor(y * raster) * raster + Math.floor(x * raster)]!
    return points.reduce((sum, point) => sum + point.weight * at(point), 0)
  })
  const { map, stability } = attributions[0]!
  const centre = (u: number) => (Math.floor(u * raster) + 0.5) / raster
  const found: number[] = []
  const expected: number[] = []
  for (let row = 0; row < map.height; row++) {
    for (let column = 0; column < map.width; column++) {
      const [u, v] = [(column + 0.5) / map.width, (row + 0.5) / map.height]
      // Within half a cell of the border the clamped ends change the overlap.
      if (Math.min(u, v, 1 - u, 1 - v) < 0.5 / GRID) continue
      found.push(map.data[row * map.width + column]!)
      const overlap = ({ x, y }: { x: number; y: number }) =>
        tentOverlap((u - centre(x)) * GRID) * tentOverlap((v - centre(y)) * GRID)
      expected.push((1 - probability) * points.reduce((sum, point) => sum + point.weight * overlap(point), 0))
    }
  }
  const r = correlation(found, expected)!
  assert.ok(r > 0.97, `correlation ${r}`)
  const slope =
    found.reduce((sum, value, i) => sum + value * expected[i]!, 0) /
    expected.reduce((sum, value) => sum + value ** 2, 0)
  assert.ok(Math.abs(slope - 1) < 0.05, `slope ${slope}`)
  assert.ok(stability! > 0.9, `stability ${stability}`)
})

test('evidence against a detection is negative', () => {
  const keptAt = (i: number, { coalitions, segments }: ScoreQuestion) =>
    maskAt(coalitionAt(coalitions, segments, i), segments, 8, 8)[2 * 8 + 2]!
  const [forIt, against] = [1, -1].map((sign) => run({ masks: 300 }, (i, q) => 0.5 + sign * 0.4 * keptAt(i, q)))
  const peak = 20 * 64 + 20
  assert.ok(forIt!.attributions[0]!.map.data[peak]! > 0.05)
  assert.ok(against!.attributions[0]!.map.data[peak]! < -0.05)
})

test('a score that never moves leaves exactly zero everywhere, and no stability', () => {
  const { map, stability, emptyValue } = run({ masks: 301 }, () => 0.7).attributions[0]!
  assert.ok(map.data.every((value) => value === 0))
  assert.equal(stability, null)
  assert.equal(emptyValue, Math.fround(0.7))
})

test('scores without relation to the masks have halves that do not agree', () => {
  const noise = (i: number) => (Math.imul(i + 1, 0x9e3779b9) >>> 8) / 2 ** 24
  const { stability } = run({ masks: 998 }, noise).attributions[0]!
  assert.ok(Math.abs(stability!) < 0.35, `stability ${stability}`)
})

test('the first coalition is the empty one, and its value is reported', () => {
  const { question, attributions } = run({ masks: 20 }, (i) => (i === 0 ? 0.25 : 0.5))
  assert.ok(coalitionAt(question.coalitions, question.segments, 0).kept.every((kept) => kept === 0))
  assert.equal(attributions[0]!.emptyValue, 0.25)
  assert.equal(attributions[0]!.forwards, 22)
})

test('each detection under each objective has its own row of the answer', () => {
  const context = contextOf({ policy: { ...policy, objectives: ['box', 'score'] } })
  const spec = methodSpec('drise', { masks: 20 })
  const running = startRun(explainerFor(spec), context, spec.params)
  const [first, second, third] = [0.9, 0.8, 0.7].map((score, i) => ({ ...detection, score, class: i }))
  running.answer({ ...detected, detections: [first!, second!, third!] })
  const question = asked(running.current)
  const count = coalitionCount(question.coalitions)
  // Every value names its objective and its class.
  const values = question.objectives.flatMap((objective) =>
    question.targets.flatMap((target) => Array<number>(count).fill((objective === 'box' ? 10 : 20) + target.class)),
  )
  running.answer({ kind: 'score', values: Float32Array.from(values) })
  assert.ok(running.current.done)
  for (const { target, emptyValue } of running.current.explained.attributions) {
    assert.equal(emptyValue, (target.objective === 'box' ? 10 : 20) + target.class)
  }
})

test('detectors are compared under the same masks, photos are not', () => {
  const seedOf = (context: ReturnType<typeof contextOf>) => {
    const random = run({ masks: 20 }, () => 0, context).question.coalitions[1]!
    assert.ok(random.kind === 'random')
    return random.seed
  }
  const here = seedOf(contextOf())
  assert.equal(seedOf(contextOf({ detector: 'c'.repeat(64) })), here)
  assert.notEqual(seedOf(contextOf({ image: 'c'.repeat(64) })), here)
})

test('an answer of another kind or length is refused', () => {
  const spec = methodSpec('drise', { masks: 20 })
  const start = () => startRun(explainerFor(spec), contextOf({ policy }), spec.params)
  assert.throws(() => start().answer({ kind: 'score', values: new Float32Array(1) }), { code: 'MESSAGE_INVALID' })
  for (const wrong of [detected, { kind: 'score', values: new Float32Array(20) } as const]) {
    const running = start()
    running.answer(detected)
    assert.throws(() => running.answer(wrong), { code: 'MESSAGE_INVALID' })
  }
})
