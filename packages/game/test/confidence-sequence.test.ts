import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { BoundedMean, roundsOf, sequenceFactor } from '../src/index.ts'

const LEVEL = 0.9

type Draw = (uniform: () => number) => number

function uniforms(seed: number): () => number {
  const generator = xoroshiro128plus(seed)
  return () => ((generator.next() >>> 0) + 0.5) / 2 ** 32
}

/** Box–Muller. */
const normal: Draw = (uniform) => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())

/** The share of streams whose intervals miss the mean at no time. */
function cover(streams: number, misses: (uniform: () => number) => boolean): number {
  let covered = 0
  for (let seed = 1; seed <= streams; seed++) if (!misses(uniforms(seed))) covered++
  return covered / streams
}

/** Whether mean ± factor · standard error misses `truth` at any look after the first 128 of 2,048 observations. */
function missesAtSomeTime(draw: () => number, truth: number, factor: (count: number) => number): boolean {
  let [sum, squares] = [0, 0]
  for (let count = 1; count <= 2048; count++) {
    const x = draw()
    sum += x
    squares += x * x
    if (count < 128) continue
    const mean = sum / count
    const error = Math.sqrt((squares / count - mean * mean) / (count - 1))
    if (Math.abs(mean - truth) > factor(count) * error) return true
  }
  return false
}

test('intervals of a mean cover it at all times at once, which those for a single time do not', () => {
  const streams = 2000
  const distributions: readonly { readonly draw: Draw; readonly mean: number }[] = [
    { draw: normal, mean: 0 },
    { draw: (uniform) => -Math.log(uniform()), mean: 1 },
    { draw: (uniform) => (uniform() < 0.1 ? 1 : 0), mean: 0.1 },
  ]
  for (const { draw, mean } of distributions) {
    const sequence = (count: number) => sequenceFactor(count, 512, LEVEL)
    const share = cover(streams, (uniform) => missesAtSomeTime(() => draw(uniform), mean, sequence))
    assert.ok(share >= LEVEL, `covered ${share}`)
  }
  const single = cover(streams, (uniform) =>
    missesAtSomeTime(
      () => normal(uniform),
      0,
      () => 1.6449,
    ),
  )
  assert.ok(single < 0.7, `covered ${single}`)
})

test('the factor is least where it was meant to be, and grows by the iterated logarithm only', () => {
  for (const count of [128, 1000, 50_000]) {
    const least = sequenceFactor(count, count, LEVEL)
    for (const other of [count / 4, count / 1.5, count * 1.5, count * 4]) {
      assert.ok(sequenceFactor(count, other, LEVEL) > least)
    }
    assert.ok(least > 1.6449 && least < 3, `${least}`)
  }
  assert.ok(sequenceFactor(1e6, 1000, LEVEL) < 5)
})

const bounded: Readonly<Record<string, { draw: Draw; mean: number; low: number; high: number }>> = {
  fair: { draw: (uniform) => (uniform() < 0.5 ? 0 : 1), mean: 0.5, low: 0, high: 1 },
  rare: { draw: (uniform) => (uniform() < 0.02 ? 1 : 0), mean: 0.02, low: 0, high: 1 },
  narrow: { draw: (uniform) => -0.3 + 0.01 * uniform(), mean: -0.295, low: -1, high: 1 },
}

for (const [name, { draw, mean, low, high }] of Object.entries(bounded)) {
  test(`the interval of a ${name} bounded mean covers it from the first observation on`, () => {
    const share = cover(2000, (uniform) => {
      const estimate = new BoundedMean(low, high, LEVEL)
      for (let count = 1; count <= 1000; count++) {
        estimate.add(draw(uniform))
        const { centre, halfWidth } = estimate.interval
        if (Math.abs(centre - mean) > halfWidth) return true
      }
      return false
    })
    assert.ok(share >= LEVEL, `covered ${share}`)
  })
}

test('a bounded mean with little spread is known after fewer observations than one with much', () => {
  const needed = ({ draw, low, high }: { draw: Draw; low: number; high: number }) => {
    const uniform = uniforms(3)
    const estimate = new BoundedMean(low, high, LEVEL)
    for (let count = 1; count <= 20_000; count++) {
      estimate.add(draw(uniform))
      if (estimate.interval.halfWidth < 0.025 * (high - low)) return count
    }
    return Number.POSITIVE_INFINITY
  }
  const [fair, rare, narrow] = [bounded.fair!, bounded.rare!, bounded.narrow!].map(needed)
  assert.ok(narrow! < 300, `narrow ${narrow}`)
  assert.ok(rare! < fair! / 3 && fair! < 20_000, `rare ${rare}, fair ${fair}`)
})

test('the mean may be learnt from observations that depend on those before them', () => {
  // A fair coin is worth as much as was lost last time: no independence, but a mean of ½ whatever came before.
  const share = cover(1000, (uniform) => {
    const estimate = new BoundedMean(0, 1, LEVEL)
    let stake = 0.5
    for (let count = 1; count <= 500; count++) {
      const won = uniform() < 0.5
      estimate.add(0.5 + (won ? stake : -stake))
      stake = won ? 0.1 : 0.5
      const { centre, halfWidth } = estimate.interval
      if (Math.abs(centre - 0.5) > halfWidth) return true
    }
    return false
  })
  assert.ok(share >= LEVEL, `covered ${share}`)
})

test('a budget is asked for in rounds that double what is known', () => {
  assert.deepEqual(roundsOf(998), [128, 128, 256, 486])
  assert.deepEqual(roundsOf(256), [128, 128])
  assert.deepEqual(roundsOf(100), [100])
})
