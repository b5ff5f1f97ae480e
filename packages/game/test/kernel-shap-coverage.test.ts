import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Coalition, kernelShap, leverageSample, studentFactor } from '../src/index.ts'

// Intervals of simulated games: of each kind sixty, of whose worths and roughness only the law is fixed. All of a
// game's coalitions give its Shapley values, what is rough about it included.

const PLAYERS = 10
const GAMES = 60

type Draw = () => number
type Make = (draw: Draw) => (coalition: Coalition) => number

const every = leverageSample(PLAYERS, 2 ** PLAYERS, 1)
const truthFrom = kernelShap(PLAYERS, every)

/** Of a sum of worths, and a term that has nothing to do with it; of neither end. */
const game =
  (worthsBy: (draw: Draw) => number[], roughness: number, link: (sum: number) => number): Make =>
  (draw) => {
    const worths = worthsBy(draw)
    const rough = new Map(every.map((coalition) => [coalition.join(''), roughness * normal(draw)]))
    return (coalition) =>
      link(coalition.reduce((sum, taking, j) => sum + taking * worths[j]!, 0)) + (rough.get(coalition.join('')) ?? 0)
  }

const dense = (draw: Draw) => Array.from({ length: PLAYERS }, () => normal(draw))
const sparse = (draw: Draw) => Array.from({ length: PLAYERS }, (_, j) => (j < 3 ? 1 + draw() : 0))
const positive = (draw: Draw) => dense(draw).map(Math.abs)
const itself = (sum: number) => sum
const sigmoid = (sum: number) => 1 / (1 + Math.exp(4 - sum))

const kinds: Readonly<Record<string, Make>> = {
  'additive, somewhat rough': game(dense, 0.1, itself),
  'additive, rough': game(dense, 1, itself),
  'additive of three, somewhat rough': game(sparse, 0.1, itself),
  'additive of three, rough': game(sparse, 1, itself),
  sigmoid: game(positive, 0, sigmoid),
  'sigmoid, somewhat rough': game(positive, 0.03, sigmoid),
}

for (const [name, make] of Object.entries(kinds)) {
  test(`${name}: 90 % intervals hold nine values of ten, and most of the greatest, with any ridge; auto errs little`, () => {
    for (const budget of [50, 200]) {
      const games = gamesOf(make, budget)
      const [auto, half, none] = (['auto', 0.5, 0] as const).map((ridge) => measured(games, ridge))
      const said = `${budget} coalitions: ${JSON.stringify({ auto, half, none })}`
      assert.ok(
        [auto, half, none].every((one) => one!.all > 0.87 && one!.greatest > 0.7),
        said,
      )
      assert.ok(auto!.all < 0.96, said)
      assert.ok(auto!.error < 1.25 * Math.min(half!.error, none!.error), said)
    }
  })
}

test('of an additive game the values are exact, and sure, unless the ridge is fixed: then they know what it costs', () => {
  for (const budget of [50, 200]) {
    const games = gamesOf(game(dense, 0, itself), budget)
    const [auto, half] = (['auto', 0.5] as const).map((ridge) => measured(games, ridge))
    assert.ok(auto!.error < 1e-17 && auto!.width < 1e-7, `${auto!.error} ${auto!.width}`)
    assert.ok(half!.all > 0.95, `${half!.all}`)
  }
})

interface Sampled {
  readonly truth: Float64Array
  /** From an equal share. */
  readonly deviations: Float64Array
  /** Standard errors to each side of an interval. */
  readonly factor: number
  readonly solve: (ridge: 'auto' | number) => { values: Float64Array; errors: Float64Array }
}

function gamesOf(make: Make, budget: number): readonly Sampled[] {
  const generator = xoroshiro128plus(7)
  return Array.from({ length: GAMES }, (_, seed) => {
    const value = make(() => uniformFloat64(generator))
    const ends = { empty: value(new Uint8Array(PLAYERS)), full: value(new Uint8Array(PLAYERS).fill(1)) }
    const truth = truthFrom(every.map(value), ends).values
    const coalitions = leverageSample(PLAYERS, budget, seed)
    const values = coalitions.map(value)
    return {
      truth,
      deviations: truth.map((worth) => Math.abs(worth - (ends.full - ends.empty) / PLAYERS)),
      solve: (ridge) => kernelShap(PLAYERS, coalitions, { ridge })(values, ends),
      factor: studentFactor(budget / 2 - PLAYERS + 1),
    }
  })
}

interface Measured {
  /** Of the intervals, the share that holds the truth. */
  readonly all: number
  /** Of those of the value in each game that is furthest from an equal share. */
  readonly greatest: number
  /** Mean squared error, and half the mean width of the intervals. */
  readonly error: number
  readonly width: number
}

function measured(games: readonly Sampled[], ridge: 'auto' | number): Measured {
  const [held, greatest, errors, widths]: [number[], number[], number[], number[]] = [[], [], [], []]
  for (const { truth, deviations, solve, factor } of games) {
    const solved = solve(ridge)
    const furthest = deviations.indexOf(Math.max(...deviations))
    truth.forEach((worth, j) => {
      const error = Math.abs(worth - solved.values[j]!)
      const width = factor * solved.errors[j]!
      const holds = Number(error <= width + 1e-9)
      held.push(holds)
      errors.push(error ** 2)
      widths.push(width)
      if (j === furthest) greatest.push(holds)
    })
  }
  return { all: mean(held), greatest: mean(greatest), error: mean(errors), width: mean(widths) }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function normal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())
}
