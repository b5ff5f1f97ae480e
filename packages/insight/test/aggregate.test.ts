import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Aggregate,
  type CountedRecord,
  deltasOf,
  emptyAggregate,
  merge,
  readAggregate,
  subtract,
} from '../src/index.ts'
import { record } from './record.ts'

const image = { width: 400, height: 300 }
const value = fc.double({ min: -1, max: 1, noNaN: true })
const side = fc.double({ min: 0, max: 1, noNaN: true })

/** What a photo's target adds, for any map and box. */
const addition: fc.Arbitrary<Aggregate> = fc
  .record({
    values: fc.array(value, { minLength: 12, maxLength: 12 }),
    sides: fc.tuple(side, side, side, side),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    stability: fc.option(value),
    unexplainable: fc.option(fc.boolean()),
  })
  .map(({ values, sides: [x, y, w, h], score, stability, unexplainable }) => {
    const map = { width: 4, height: 3, data: Float32Array.from(values) }
    const box: CountedRecord['target']['box'] = [x * 400, y * 300, (x + w) * 400, (y + h) * 300]
    const made = { ...record({ box, score }), stability, unexplainable }
    return { targets: 1, sums: deltasOf(made, map, image)[0]!.sums }
  })

const sumOf = (additions: readonly Aggregate[]) => additions.reduce(merge, emptyAggregate)
const shuffled = fc
  .array(addition, { maxLength: 8 })
  .chain((additions) =>
    fc.tuple(fc.constant(additions), fc.shuffledSubarray(additions, { minLength: additions.length })),
  )

test('an aggregate does not depend on the order of arrival', () => {
  fc.assert(fc.property(shuffled, ([additions, other]) => assert.deepEqual(sumOf(other), sumOf(additions))))
})

test('parts that were added up anywhere merge into the same aggregate', () => {
  const property = fc.property(shuffled, fc.nat(), ([additions], cut) => {
    const at = cut % (additions.length + 1)
    const parts = [sumOf(additions.slice(at)), sumOf(additions.slice(0, at))] as const
    assert.deepEqual(merge(...parts), sumOf(additions))
  })
  fc.assert(property)
})

test('a forgotten target leaves no trace', () => {
  const property = fc.property(fc.array(addition, { maxLength: 8 }), addition, (kept, forgotten) => {
    assert.deepEqual(subtract(sumOf([...kept, forgotten]), forgotten), sumOf(kept))
  })
  fc.assert(property)
})

test('means are over the targets that have the quantity', () => {
  const map = { width: 2, height: 1, data: Float32Array.of(1, 3) }
  const dark = { ...map, data: Float32Array.of(0, 0) }
  const left: CountedRecord['target']['box'] = [0, 0, 200, 300]
  const additions = [
    { ...record({ box: left, score: 0.5 }), stability: 0.25, unexplainable: true, map },
    { ...record({ box: left, score: 0.75 }), stability: null, unexplainable: false, map },
    { ...record({ box: left, score: 1 }), stability: 0.75, unexplainable: null, map: dark },
  ].map(({ map, ...made }) => ({ targets: 1, sums: deltasOf(made, map, image)[0]!.sums }))
  const { map: mean, ...means } = readAggregate(sumOf(additions).sums, 3)
  assert.deepEqual(means, {
    targets: 3,
    score: 0.75,
    unexplainable: 0.5,
    stability: 0.5,
    inBoxEnergy: 0.25,
    boxShare: 0.25,
    ringShare: 0.1875,
    farShare: 0.5625,
  })
  assert.ok(Math.abs(mean!.reduce((sum, share) => sum + share, 0) - 0.625) < 1e-9)
})

test('an aggregate without anything counted has no means', () => {
  const means = readAggregate(emptyAggregate.sums, 0)
  assert.deepEqual([means.score, means.boxShare, means.map], [null, null, null])
})

test('sums of another layout are refused', () => {
  assert.throws(() => readAggregate([0n], 0), RangeError)
  assert.throws(() => merge(emptyAggregate, { targets: 0, sums: [0n] }), RangeError)
})
