import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as always, integer, property, record } from 'fast-check'
import { kernelShap, leverageSample, studentFactor } from '../src/index.ts'
import {
  additive,
  distance,
  endsOf,
  type Game,
  gloves,
  multilinear,
  shapleyOf,
  sumOf,
  unanimity,
  valuesOf,
} from './games.ts'

const EVERY = 100_000

function solved(game: Game, budget: number, seed = 1, ridge = 0) {
  const coalitions = leverageSample(game.players, budget, seed)
  return kernelShap(game.players, coalitions, { ridge })(valuesOf(game, coalitions), endsOf(game))
}

const closedForms: Record<string, Game> = {
  'an additive game': additive([0.3, -0.2, 0, 1.4, 0.05]),
  gloves: gloves,
  'one that needs three of five': unanimity(5, 0b10110),
  'one of two players': unanimity(2, 0b11),
  'one of one player': additive([0.7]),
  'ten players with interactions of all orders': multilinear(10, 200, 3),
  'nine players, where no size is half of them': multilinear(9, 100, 4),
}

for (const [name, game] of Object.entries(closedForms)) {
  test(`of all its coalitions ${name} has exact values, whatever the ridge, without errors`, () => {
    for (const ridge of [0, 0.5]) {
      const { values, errors } = solved(game, EVERY, 1, ridge)
      assert.ok(distance(values, shapleyOf(game)) < 1e-12, `off by ${distance(values, shapleyOf(game))}`)
      assert.ok(errors.every((error) => error === 0))
    }
  })
}

test('the glove game: two thirds to whom there is no substitute for', () => {
  assert.ok(distance(solved(gloves, EVERY).values, [2 / 3, 1 / 6, 1 / 6]) < 1e-12)
})

test('a sample gives values that add up to what there is to share, with and without ridge', () => {
  const games = record({ players: integer({ min: 2, max: 14 }), budget: integer({ min: 2, max: 90 }), seed: integer() })
  always(
    property(games, ({ players, budget, seed }) => {
      const game = multilinear(players, 30, seed)
      const { empty, full } = endsOf(game)
      for (const ridge of [0, 0.2]) {
        const { values, errors } = solved(game, budget, seed, ridge)
        assert.ok(Math.abs(sumOf(values) - (full - empty)) < 1e-9)
        assert.ok(errors.every((error) => error >= 0 && Number.isFinite(error)))
      }
    }),
    { numRuns: 60, seed: 5 },
  )
})

test('players that are alike get alike, a dummy gets nothing, and values of a sum of games are the sum', () => {
  const coalitions = leverageSample(8, EVERY, 1)
  const solve = kernelShap(8, coalitions)
  const of = (game: Game) => solve(valuesOf(game, coalitions), endsOf(game)).values
  // Players 0 and 1 are in the same sets; 7 is in none.
  const dividends = new Map([
    [0b0000011, 0.5],
    [0b0001011, -0.8],
    [0b0110100, 0.3],
    [0b1000000, 2],
  ])
  const alike = of({ players: 8, dividends })
  assert.ok(Math.abs(alike[0]! - alike[1]!) < 1e-12)
  assert.ok(Math.abs(alike[7]!) < 1e-12)
  const [one, other] = [multilinear(8, 40, 1), multilinear(8, 40, 2)]
  const both = valuesOf(one, coalitions).map((value, i) => value + 3 * valuesOf(other, coalitions)[i]!)
  const ends = { empty: 0, full: endsOf(one).full + 3 * endsOf(other).full }
  const sum = of(one).map((value, j) => value + 3 * of(other)[j]!)
  assert.ok(distance(solve(both, ends).values, sum) < 1e-12)
})

test('of a sample of an additive game the values are exact, the fit is perfect and nothing is missing', () => {
  const worths = Array.from({ length: 24 }, (_, j) => Math.sin(j))
  const { values, errors, r2, efficiencyGap } = solved(additive(worths), 150)
  assert.ok(distance(values, worths) < 1e-10)
  assert.ok(errors.every((error) => error < 1e-9))
  assert.ok(Math.abs(r2! - 1) < 1e-12)
  assert.ok(efficiencyGap! < 1e-10)
})

test('more coalitions come nearer to the truth, as a sample without bias does', () => {
  const game = multilinear(12, 300, 8)
  const truth = shapleyOf(game)
  const runs = 40
  const meanOf = (budget: number) => {
    const mean = new Float64Array(12)
    let square = 0
    for (let seed = 0; seed < runs; seed++) {
      const { values } = solved(game, budget, seed)
      values.forEach((value, j) => {
        mean[j]! += value / runs
        square += (value - truth[j]!) ** 2 / runs
      })
    }
    return { square, bias: mean.reduce((sum, value, j) => sum + (value - truth[j]!) ** 2, 0) }
  }
  const [few, many] = [meanOf(100), meanOf(800)]
  assert.ok(many.square < few.square / 6, `${few.square} → ${many.square}`)
  // The mean of 40 runs has a 40th of their variance; twice that is within chance.
  assert.ok(many.bias < (2 * many.square) / runs, `bias ${many.bias} of ${many.square}`)
})

test('errors are as large as they say: 90 % intervals hold the truth nine times in ten', () => {
  const game = multilinear(14, 400, 2)
  const truth = shapleyOf(game)
  let [held, all] = [0, 0]
  for (let seed = 0; seed < 100; seed++) {
    const { values, errors } = solved(game, 300, seed)
    truth.forEach((value, j) => {
      all += 1
      if (Math.abs(value - values[j]!) <= 1.645 * errors[j]!) held += 1
    })
  }
  assert.ok(held / all > 0.86 && held / all < 0.95, `${held / all}`)
})

test('what pairs of players earn cancels between complements: of a sample it is exact, and known to be', () => {
  const dividends = new Map(Array.from({ length: 19 }, (_, j) => [0b11 << j, Math.cos(j)]))
  const game = { players: 20, dividends }
  const { values, errors, r2 } = solved(game, 100)
  assert.ok(distance(values, shapleyOf(game)) < 1e-10)
  assert.ok(errors.every((error) => error < 1e-9))
  assert.ok(r2! < 0.99)
})

test('with few pairs more than players, intervals by Student’s t still hold the truth', () => {
  const game = multilinear(14, 400, 2)
  const truth = shapleyOf(game)
  let held = 0
  for (let seed = 0; seed < 100; seed++) {
    const { values, errors } = solved(game, 44, seed)
    const factor = studentFactor(22 - 13)
    held += truth.filter((value, j) => Math.abs(value - values[j]!) <= factor * errors[j]!).length
  }
  assert.ok(held / 1400 > 0.87, `${held / 1400}`)
})

test('an efficiency gap shows where v(full) does not go with the rest', () => {
  const game = additive([0.2, 0.3, 0.1, 0.4, 0.25])
  const coalitions = leverageSample(5, EVERY, 1)
  const { empty, full } = endsOf(game)
  const { efficiencyGap } = kernelShap(5, coalitions)(valuesOf(game, coalitions), { empty, full: 2 * full })
  assert.ok(Math.abs(efficiencyGap! - 0.5) < 1e-9, `${efficiencyGap}`)
})

test('a game without variance has values of zero and no R²; of equal ends there is no gap to speak of', () => {
  const flat = solved({ players: 6, dividends: new Map([[0, 0.7]]) }, 30)
  assert.ok(distance(flat.values, new Float64Array(6)) < 1e-12)
  assert.deepEqual([flat.r2, flat.efficiencyGap], [null, null])
})

test('with fewer pairs than players there is an answer, of finite numbers, that the ridge makes small', () => {
  const game = unanimity(20, 0b111)
  const [bare, held] = [solved(game, 20, 1, 0), solved(game, 20, 1, 0.5)]
  const size = (values: Float64Array) => values.reduce((sum, value) => sum + (value - 1 / 20) ** 2, 0)
  assert.ok(bare.values.every(Number.isFinite) && size(held.values) < size(bare.values))
})
