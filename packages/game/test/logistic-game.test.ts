import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Matrix } from 'ml-matrix'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type LogisticPrior, logisticGame } from '../src/index.ts'

const PLAYERS = 16

/** A prior that thinks alike of all players. */
const vague = (weights: number[] = Array(PLAYERS).fill(0.4)): LogisticPrior => ({
  ceiling: 1.05,
  noise: (h) => 0.02 ** 2 + 0.1 ** 2 * h * (1 - h),
  intercept: { mean: -4, deviation: 3 },
  weights: Float64Array.from(weights),
  covariance: Matrix.eye(PLAYERS).mul(0.3 ** 2),
  pairs: { players: 4, deviation: () => 0.2 },
  surprised: 3,
})

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** σ(b + Σ w z), scaled to 0.9 for all players; the rows are random coalitions. */
function played(weights: readonly number[], intercept: number, rows: number, seed = 1) {
  const generator = xoroshiro128plus(seed)
  const value = (z: ArrayLike<number>) =>
    (0.9 * sigmoid(intercept + weights.reduce((sum, w, j) => sum + w * z[j]!, 0))) /
    sigmoid(intercept + weights.reduce((sum, w) => sum + w, 0))
  const coalitions = Array.from({ length: rows }, () =>
    Uint8Array.from({ length: PLAYERS }, () => ((generator.next() >>> 0) % 4 > 0 ? 1 : 0)),
  )
  const ends = { empty: value(new Uint8Array(PLAYERS)), full: value(new Uint8Array(PLAYERS).fill(1)) }
  return { plays: { coalitions, values: coalitions.map(value) }, ends, value }
}

/** By all 2¹⁶ coalitions: |S|! (n − |S| − 1)! ÷ n! (v(S ∪ j) − v(S)), in the order of sizes of many draws. */
function exactShapley(weights: readonly number[], intercept: number, scale: number): number[] {
  // Gauss–Legendre would do; a fine midpoint rule over q and exact sums over the players' few different weights does too.
  const steps = 200
  return weights.map((own, j) => {
    const others = weights.filter((_, k) => k !== j)
    let sum = 0
    for (let i = 0; i < steps; i++) {
      const q = (i + 0.5) / steps
      for (const [score, chance] of sumsOf(others, q)) {
        sum += chance * (sigmoid(intercept + own + score) - sigmoid(intercept + score))
      }
    }
    return (scale * sum) / steps
  })
}

/** The distribution of Σ w z when each z is 1 with probability q. */
function sumsOf(weights: readonly number[], q: number): Map<number, number> {
  let sums = new Map([[0, 1]])
  for (const weight of weights) {
    const next = new Map<number, number>()
    for (const [sum, chance] of sums) {
      const key = Math.round((sum + weight) * 1e6) / 1e6
      next.set(sum, (next.get(sum) ?? 0) + chance * (1 - q))
      next.set(key, (next.get(key) ?? 0) + chance * q)
    }
    sums = next
  }
  return sums
}

const relative = (a: ArrayLike<number>, b: readonly number[]) =>
  b.reduce((sum, value, j) => sum + (a[j]! - value) ** 2, 0) / b.reduce((sum, value) => sum + value ** 2, 0)

test('a sigmoid of a sum is found again from few plays, and its Shapley values with it', () => {
  const weights = [1, 1, 0.5, 0.5, 0.5, 1, 0, 0, 0.5, 0, 0, 0.5, 0, 1, 0, 0]
  const { plays, ends } = played(weights, -4, 120)
  const scale = ends.full / sigmoid(-4 + weights.reduce((sum, w) => sum + w, 0))
  const truth = exactShapley(weights, -4, scale)
  const { values, r2 } = logisticGame(plays, ends, vague())
  assert.ok(relative(values, truth) < 0.01, `relative squared error ${relative(values, truth)}`)
  assert.ok(r2! > 0.99)
})

test('values sum to what all are worth less what nobody is', () => {
  const { plays, ends } = played(Array(PLAYERS).fill(0.5), -5, 60)
  const { values, prior } = logisticGame(plays, ends, vague())
  for (const all of [values, prior]) {
    assert.ok(Math.abs(all.reduce((sum, value) => sum + value, 0) - (ends.full - ends.empty)) < 1e-9)
  }
})

test('a player of whom the prior thinks nothing comes out when it matters, and nobody else is surprising', () => {
  const weights = [2.5, ...Array(PLAYERS - 1).fill(0.4)]
  const doubtful = vague([0, ...Array(PLAYERS - 1).fill(0.4)])
  const tight = { ...doubtful, covariance: Matrix.eye(PLAYERS).mul(0.08 ** 2) }
  const { plays, ends } = played(weights, -5, 120)
  const scale = ends.full / sigmoid(-5 + weights.reduce((sum, w) => sum + w, 0))
  const truth = exactShapley(weights, -5, scale)
  const { values, surprises } = logisticGame(plays, ends, tight)
  assert.deepEqual(surprises, [0])
  assert.ok(Math.abs(values[0]! / truth[0]! - 1) < 0.1, `${values[0]} for ${truth[0]}`)
})

test('a pull is weighed by what a tight prior lets show of it: a weak player comes out among noise, too', () => {
  const { plays, ends } = played(Array(PLAYERS).fill(0.4), -5, 120)
  const { surprises } = logisticGame(plays, ends, {
    ...vague([0, ...Array(PLAYERS - 1).fill(0.4)]),
    noise: (h) => 0.05 ** 2 + 0.25 ** 2 * h * (1 - h),
    covariance: Matrix.eye(PLAYERS).mul(0.08 ** 2),
  })
  assert.deepEqual(surprises, [0])
})

test('two players who count only together are told by their pair', () => {
  const both = (z: ArrayLike<number>) => 0.9 * sigmoid(-3 + 6 * z[0]! * z[1]!)
  const { plays } = played(Array(PLAYERS).fill(0), 0, 150)
  const values = plays.coalitions.map(both)
  const ends = { empty: both(new Uint8Array(PLAYERS)), full: both(new Uint8Array(PLAYERS).fill(1)) }
  const prior = { ...vague([1, 1, ...Array(PLAYERS - 2).fill(0.1)]), pairs: { players: 2, deviation: () => 5 } }
  const worth = logisticGame({ coalitions: plays.coalitions, values }, ends, prior)
  assert.ok(Math.abs(worth.values[0]! / worth.values[1]! - 1) < 0.1)
  assert.ok(worth.predict(Uint8Array.of(1, 0, ...Array(14).fill(1))) < 0.2)
  const alone = logisticGame({ coalitions: plays.coalitions, values }, ends, {
    ...prior,
    pairs: { players: 0, deviation: () => 1 },
  })
  assert.ok(worth.r2! > alone.r2!)
})

test('deviations say how far other plays of the same game come out', () => {
  const weights = Array.from({ length: PLAYERS }, (_, j) => (j % 4) * 0.4)
  const runs = Array.from({ length: 12 }, (_, seed) => {
    const generator = xoroshiro128plus(1000 + seed)
    const { plays, ends } = played(weights, -5, 80, seed + 1)
    const noisy = plays.values.map((value) => {
      const h = value / ends.full / 1.05
      return (
        value + ends.full * 0.1 * Math.sqrt(h * (1 - h)) * (((generator.next() >>> 0) / 2 ** 32 - 0.5) * Math.sqrt(12))
      )
    })
    return logisticGame({ coalitions: plays.coalitions, values: noisy }, ends, vague(weights))
  })
  let [spread, said] = [0, 0]
  for (let j = 0; j < PLAYERS; j++) {
    const all = runs.map(({ values }) => values[j]!)
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length
    spread += all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (all.length - 1)
    said += runs.reduce((sum, { deviations }) => sum + deviations[j]! ** 2, 0) / runs.length
  }
  // What is said also covers what the prior keeps from moving: it is the larger of the two.
  assert.ok(said / spread > 0.8 && said / spread < 4, `${said / spread}`)
})

test('the same plays give the same bits', () => {
  const { plays, ends } = played(Array(PLAYERS).fill(0.5), -5, 60)
  const bits = () => Buffer.from(logisticGame(plays, ends, vague()).values.buffer).toString('hex')
  assert.equal(bits(), bits())
})
