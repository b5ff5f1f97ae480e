import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Box, ScoreObjective } from '@fanlight/contracts'
import fc from 'fast-check'
import type { Predictions } from '../src/family.ts'
import { type NetworkTarget, scorer } from '../src/scoring.ts'
import { iou } from './fixtures.ts'

interface Row {
  readonly box: Box
  readonly objectness: number
  readonly classes: readonly number[]
}

const CLASSES = 3

function predictionsOf(rows: readonly Row[], withObjectness: boolean): Predictions {
  return {
    count: rows.length,
    classCount: CLASSES,
    objectness: withObjectness ? (index) => rows[index]!.objectness : undefined,
    probability: (index, classIndex) => rows[index]!.classes[classIndex]!,
    box: (index, into) => into.set(rows[index]!.box),
    // Scores are not differentiated.
    backward: { objectness: undefined, probability: () => assert.fail(), box: () => assert.fail() },
  }
}

/** product.md and methods.md B, word for word. */
function bruteForce(
  rows: readonly Row[],
  target: NetworkTarget,
  objective: ScoreObjective,
  options: { minObjectness: number; withObjectness: boolean },
): number {
  const values = rows.map(({ box, objectness, classes }) => {
    const present = options.withObjectness ? objectness : Math.max(...classes)
    const probability = classes[target.class]!
    const gate = present >= options.minObjectness ? 1 : 0
    const s = {
      score: options.withObjectness ? objectness * probability : probability,
      class: gate * probability,
      objectness: present,
      box: gate,
    }
    return iou(box, target.box) * s[objective]
  })
  return Math.max(0, ...values)
}

const box = fc
  .tuple(fc.double({ min: -20, max: 100, noNaN: true }), fc.double({ min: -20, max: 100, noNaN: true }), size(), size())
  .map(([x, y, w, h]): Box => [x, y, x + w, y + h])
const share = fc.double({ min: 0, max: 1, noNaN: true })
const row = fc.record({ box, objectness: share, classes: fc.array(share, { minLength: CLASSES, maxLength: CLASSES }) })
const target = fc.record({ box, class: fc.nat(CLASSES - 1) })

function size() {
  return fc.double({ min: 1, max: 60, noNaN: true })
}

test('values agree with their definition under every objective, forward after forward', () => {
  const forwards = fc.array(fc.array(row, { maxLength: 30 }), { minLength: 1, maxLength: 4 })
  const targets = fc.array(target, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(forwards, targets, share, fc.boolean(), (forwards, targets, minObjectness, withObjectness) => {
      const score = scorer({ targets, objectives: ScoreObjective.options, minObjectness })
      for (const rows of forwards) {
        const expected = ScoreObjective.options.flatMap((objective) =>
          targets.map((target) => bruteForce(rows, target, objective, { minObjectness, withObjectness })),
        )
        const actual = score(predictionsOf(rows, withObjectness))
        expected.forEach((value, i) => {
          assert.ok(Math.abs(actual[i]! - value) <= 1e-6, `value ${i} is ${actual[i]}, ${value} was expected`)
        })
      }
    }),
    { numRuns: 300 },
  )
})

test('the four objectives take their maximum at different predictions', () => {
  const target: NetworkTarget = { box: [0, 0, 10, 10], class: 0 }
  const rows: Row[] = [
    { box: [0, 0, 10, 10], objectness: 0.06, classes: [0.1, 0, 0] },
    { box: [0, 0, 10, 8], objectness: 0.5, classes: [0.9, 0, 0] },
    { box: [0, 0, 10, 5], objectness: 1, classes: [0.5, 0, 0] },
    { box: [0, 0, 10, 10], objectness: 0.01, classes: [1, 0, 0] },
  ]
  const score = scorer({ targets: [target], objectives: ScoreObjective.options, minObjectness: 0.05 })
  const values = score(predictionsOf(rows, true))
  assert.deepEqual(
    Array.from(values, (value) => Number(value.toFixed(6))),
    [0.36, 0.72, 0.5, 1],
  )
})

for (const [where, rows] of Object.entries({
  objectness: [{ box: [0, 0, 10, 10], objectness: Number.NaN, classes: [1, 1, 1] }],
  'a class': [{ box: [0, 0, 10, 10], objectness: 1, classes: [Number.NaN, Number.NaN, Number.NaN] }],
  'a box': [{ box: [0, Number.NaN, 10, 10], objectness: 1, classes: [1, 1, 1] }],
}) as [string, Row[]][]) {
  test(`NaN in ${where} comes out as NaN, not as a small value`, () => {
    const fine: Row = { box: [0, 0, 10, 10], objectness: 0.5, classes: [0.5, 0.5, 0.5] }
    const score = scorer({ targets: [{ box: [0, 0, 10, 10], class: 0 }], objectives: ['score'], minObjectness: 0.05 })
    assert.ok(Number.isNaN(score(predictionsOf([fine, ...rows], true))[0]))
  })
}

test('a network without any prediction scores 0', () => {
  const score = scorer({
    targets: [{ box: [0, 0, 1, 1], class: 0 }],
    objectives: ['score', 'box'],
    minObjectness: 0.05,
  })
  assert.deepEqual([...score(predictionsOf([], true))], [0, 0])
})
