import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Coalition, limeOf } from '../src/index.ts'

interface Recorded {
  readonly name: string
  readonly kernelWidth: number
  readonly ridge: number
  readonly coalitions: readonly string[]
  readonly values: readonly number[]
  readonly intercept: number
  readonly coefficients: readonly number[]
  readonly r2: number
}

const recordings = new URL('./fixtures/lime-ridge.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(recordings, 'utf8')) as { cases: readonly Recorded[] }

const near = (a: number, b: number, what: string) => assert.ok(Math.abs(a - b) < 1e-9, `${what}: ${a}, lime has ${b}`)

for (const { name, coalitions, values, ...said } of cases) {
  test(`lime says the same of the game ${name} as Python's`, () => {
    const rows = coalitions.map((bits) => Uint8Array.from(bits, Number))
    const fit = limeOf(rows, said)(values)
    fit.values.forEach((value, j) => {
      near(value, said.coefficients[j]!, `coefficient ${j}`)
    })
    near(fit.intercept, said.intercept, 'intercept')
    near(fit.r2!, said.r2, 'R²')
  })
}

/** `count` coalitions, each player taking part with ½; the first is everybody. */
function drawn(seed: number, players: number, count: number): Coalition[] {
  const generator = xoroshiro128plus(seed)
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from({ length: players }, () => (i === 0 || generator.next() >>> 31 ? 1 : 0)),
  )
}

test('a game of players who do not care about each other is told exactly, without error', () => {
  const worth = [0.5, -0.2, 0, 0.1]
  const coalitions = drawn(5, 4, 200)
  const values = coalitions.map((coalition) => 0.05 + worth.reduce((sum, each, j) => sum + each * coalition[j]!, 0))
  const fit = limeOf(coalitions, { kernelWidth: 0.25, ridge: 1e-9 })(values)
  assert.ok(fit.values.every((value, j) => Math.abs(value - worth[j]!) < 1e-8))
  assert.ok(fit.errors.every((error) => error < 1e-8))
  assert.ok(Math.abs(fit.intercept - 0.05) < 1e-8)
  assert.ok(Math.abs(fit.r2! - 1) < 1e-8)
})

test('a game that is always worth the same has nothing to explain', () => {
  const fit = limeOf(drawn(5, 4, 50), { kernelWidth: 0.25, ridge: 1 })(new Float32Array(50).fill(0.7))
  assert.deepEqual([fit.r2, ...fit.values], [null, 0, 0, 0, 0])
})

test('intervals of coefficients cover what all coalitions would say, though the game is not linear', () => {
  const players = 8
  // A detection: some at once, or nothing; residuals are large where most of them take part.
  const value = (coalition: Coalition) =>
    1 / (1 + Math.exp(8 - 4 * (coalition[0]! + coalition[1]! + coalition[2]!) - coalition[3]!))
  const options = { kernelWidth: 0.25, ridge: 1e-6 }
  const all = Array.from({ length: 256 }, (_, bits) => Uint8Array.from({ length: players }, (_, j) => (bits >> j) & 1))
  const truth = limeOf(all, options)(all.map(value)).values
  let covered = 0
  const runs = 400
  for (let seed = 1; seed <= runs; seed++) {
    const coalitions = drawn(seed, players, 200)
    const { values, errors } = limeOf(coalitions, options)(coalitions.map(value))
    values.forEach((each, j) => {
      if (Math.abs(each - truth[j]!) <= 1.6449 * errors[j]!) covered++
    })
  }
  const share = covered / (runs * players)
  assert.ok(Math.abs(share - 0.9) < 0.03, `covered ${share}`)
})

test('with fewer coalitions than players the numbers are finite', () => {
  const coalitions = drawn(9, 40, 10)
  const fit = limeOf(coalitions, { kernelWidth: 0.25, ridge: 1 })(coalitions.map((_, i) => i / 10))
  for (const number of [...fit.values, ...fit.errors, fit.intercept, fit.r2!]) assert.ok(Number.isFinite(number))
})
