import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leverageSample } from '../src/index.ts'
import { kernelWeights, sizeOf } from '../src/leverage-sampling.ts'

const keyOf = (coalition: Uint8Array) => coalition.join('')

test('each coalition is followed by its complement, and none comes twice', () => {
  for (const [players, budget] of [
    [64, 1000],
    [13, 5000],
    [12, 3000],
    [7, 60],
    [2, 10],
    [3, 5],
  ] as const) {
    const sample = leverageSample(players, budget, 9)
    assert.equal(sample.length, Math.min(2 ** players - 2, budget - (budget % 2)))
    sample.forEach((coalition, i) => {
      if (i % 2 === 1)
        assert.deepEqual(
          coalition.map((taking) => 1 - taking),
          sample[i - 1],
        )
    })
    assert.equal(new Set(sample.map(keyOf)).size, sample.length)
    assert.ok(sample.every((coalition) => sizeOf(coalition) > 0 && sizeOf(coalition) < players))
  }
})

test('one player has no coalitions to ask', () => assert.deepEqual(leverageSample(1, 10, 1), []))

test('sizes are as even as can be, in any beginning of the list', () => {
  const sample = leverageSample(64, 2000, 3)
  for (const length of [126, 252, 1008, 2000]) {
    const counts = new Uint32Array(64)
    for (const coalition of sample.slice(0, length)) counts[sizeOf(coalition)]! += 1
    const bySize = counts.subarray(1)
    assert.ok(Math.max(...bySize) - Math.min(...bySize) <= 2, `${bySize}`)
  }
})

test('within a size each player comes as often as any other', () => {
  const counts = new Float64Array(20)
  const sample = leverageSample(20, 8000, 4).filter((coalition) => sizeOf(coalition) === 5)
  for (const coalition of sample)
    coalition.forEach((taking, j) => {
      counts[j]! += taking
    })
  const expected = sample.length / 4
  for (const count of counts) assert.ok(Math.abs(count - expected) < 4 * Math.sqrt(expected * 0.75), `${counts}`)
})

test('a larger budget begins with the same coalitions; another seed gives others', () => {
  const few = leverageSample(30, 100, 5).map(keyOf)
  assert.deepEqual(leverageSample(30, 400, 5).slice(0, 100).map(keyOf), few)
  assert.notDeepEqual(leverageSample(30, 100, 6).map(keyOf), few)
})

test('weights are the Shapley kernel where all are there, and each size keeps its whole weight where not', () => {
  const all = leverageSample(5, 30, 1)
  const weights = kernelWeights(5, all)
  const kernel = { 1: 4 / (5 * 4), 2: 4 / (10 * 6), 3: 4 / (10 * 6), 4: 4 / (5 * 4) }
  all.forEach((coalition, i) => {
    const expected = kernel[sizeOf(coalition) as 1 | 2 | 3 | 4]
    assert.ok(Math.abs(weights[i]! - expected) < 1e-15)
  })
  const some = leverageSample(16, 300, 1)
  const ofThree = kernelWeights(16, some).filter((_, i) => sizeOf(some[i]!) === 3)
  assert.ok(Math.abs(ofThree.reduce((sum, weight) => sum + weight, 0) - 15 / (3 * 13)) < 1e-12)
})
