import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { bootstrap, leastClusters, median, studentQuantile } from '../src/bootstrap.ts'

test('values that are all alike have an interval without width', () => {
  const [interval] = bootstrap({ clusters: 5 })([[0.5, 0.5], [0.5], [0.5], [0.5], [0.5]], 'mean', [0.9])!
  assert.deepEqual(interval, { level: 0.9, low: 0.5, high: 0.5 })
})

test('the same seed gives the same bits, another one others; a larger table of draws covers smaller samples', () => {
  const values = [[1, 2], [3], [7, 1, 4], [2], [9], [4, 4]]
  const run = (seed: number) => bootstrap({ clusters: 9, seed, resamples: 300 })(values, 'mean', [0.9, 0.95])
  assert.deepEqual(run(1), run(1))
  assert.notDeepEqual(run(1), run(2))
})

test('a wider level has a wider interval around the same middle', () => {
  const values = Array.from({ length: 12 }, (_, i) => [i])
  const [ninety, more] = bootstrap({ clusters: 12 })(values, 'mean', [0.9, 0.95])!
  assert.ok(more!.low < ninety!.low && ninety!.high < more!.high)
  assert.ok(Math.abs((ninety!.low + ninety!.high) / 2 - 5.5) < 0.2)
})

test('few photos have no interval, however many detections they have; photos without values do not count', () => {
  assert.deepEqual([leastClusters(0.5), leastClusters(0.9), leastClusters(0.95)], [2, 5, 6])
  const make = bootstrap({ clusters: 9 })
  assert.equal(make([[1, 2, 3, 4], [], []], 'mean', [0.9]), null)
  const five = [[1], [2], [3, 4, 5], [6], [7], []]
  assert.equal(make(five, 'mean', [0.9, 0.95]), null)
  assert.equal(make(five, 'mean', [0.9])!.length, 1)
  assert.equal(bootstrap({ clusters: 3 })([], 'median', [0.9]), null)
  assert.throws(() => bootstrap({ clusters: 1 })([[1], [2]], 'mean', [0.9]), /2 clusters are more than the 1/)
})

test('whole photos are drawn: detections that repeat their photo do not narrow the interval', () => {
  const few = [[0], [1], [2], [5], [3]]
  const many = few.map(([value]) => Array<number>(50).fill(value!))
  const make = bootstrap({ clusters: 5 })
  assert.deepEqual(make(many, 'mean', [0.9]), make(few, 'mean', [0.9]))
})

test('quantiles of Student’s t are those of the tables', () => {
  const table: [number, number, number][] = [
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.95, 3, 2.353],
    [0.975, 3, 3.182],
    [0.95, 9, 1.833],
    [0.975, 9, 2.262],
    [0.95, 1e6, 1.645],
  ]
  for (const [share, freedom, wanted] of table) {
    const got = studentQuantile(share, freedom)
    assert.ok(Math.abs(got - wanted) < 0.015, `t(${share}; ${freedom}) = ${got}, not ${wanted}`)
  }
})

test('medians are those of the middle', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
})

for (const [statistic, count] of [
  ['mean', 6],
  ['mean', 10],
  ['median', 10],
] as const) {
  test(`intervals of the ${statistic} over ${count} photos cover what they say, detections of a photo being alike`, () => {
    const random = xoroshiro128plus(5)
    const normal = () => {
      let sum = -6
      for (let i = 0; i < 12; i++) sum += uniformFloat64(random)
      return sum
    }
    const make = bootstrap({ clusters: count, resamples: 400 })
    const trials = 600
    let [ninety, more] = [0, 0]
    for (let trial = 0; trial < trials; trial++) {
      const photos = Array.from({ length: count }, () => {
        const photo = normal()
        return Array.from({ length: 1 + Math.floor(uniformFloat64(random) * 4) }, () => 0.3 + photo + 0.5 * normal())
      })
      const [at90, at95] = make(photos, statistic, [0.9, 0.95])!
      if (at90!.low <= 0.3 && 0.3 <= at90!.high) ninety++
      if (at95!.low <= 0.3 && 0.3 <= at95!.high) more++
    }
    const said = `${ninety / trials} and ${more / trials}`
    assert.ok(ninety / trials > 0.86 && ninety / trials < 0.95, said)
    assert.ok(more / trials > 0.92 && more / trials < 0.985, said)
  })
}
