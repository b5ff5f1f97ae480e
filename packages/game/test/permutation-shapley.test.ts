import assert from 'node:assert/strict'
import { test } from 'node:test'
import { antitheticWalks, permutationShapley, studentFactor, walkCoalitions } from '../src/index.ts'
import { additive, distance, endsOf, type Game, multilinear, shapleyOf, sumOf, unanimity, valuesOf } from './games.ts'

function solved(game: Game, pairs: number, seed = 1) {
  const walks = antitheticWalks(game.players, pairs, seed)
  const coalitions = walkCoalitions(game.players, walks)
  return permutationShapley(game.players, walks, valuesOf(game, coalitions), endsOf(game))
}

test('every order is followed by its reverse, and more of them begin with the same ones', () => {
  const walks = antitheticWalks(9, 4, 2)
  walks.forEach((walk, i) => {
    assert.deepEqual(
      walk.toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    )
    if (i % 2 === 1) assert.deepEqual(walk.toReversed(), walks[i - 1])
  })
  assert.deepEqual(antitheticWalks(9, 2, 2), walks.slice(0, 4))
  assert.equal(walkCoalitions(9, walks).length, 8 * 8)
})

test('two orders suffice for an additive game, and for one of pairs: what a pair earns is shared by order and reverse', () => {
  const worths = [0.1, -0.4, 0.8, 0]
  assert.ok(distance(solved(additive(worths), 2).values, worths) < 1e-12)
  const pairs = {
    players: 6,
    dividends: new Map([
      [0b11, 1],
      [0b101, -0.5],
      [0b110000, 0.25],
    ]),
  }
  const { values, errors } = solved(pairs, 2)
  assert.ok(distance(values, shapleyOf(pairs)) < 1e-12)
  assert.ok(errors.every((error) => error < 1e-12))
})

test('values add up to what there is to share, whatever the game and however few the orders', () => {
  for (let seed = 0; seed < 20; seed++) {
    const game = multilinear(11, 60, seed)
    const { empty, full } = endsOf(game)
    assert.ok(Math.abs(sumOf(solved(game, 2, seed).values) - (full - empty)) < 1e-12)
  }
})

test('90 % intervals hold the truth nine times in ten', () => {
  const game = multilinear(10, 150, 5)
  const truth = shapleyOf(game)
  let held = 0
  for (let seed = 0; seed < 200; seed++) {
    const { values, errors } = solved(game, 30, seed)
    held += truth.filter((value, j) => Math.abs(value - values[j]!) <= 1.645 * errors[j]!).length
  }
  assert.ok(held / 2000 > 0.86 && held / 2000 < 0.93, `${held / 2000}`)
})

test('a player alone gets everything', () => {
  const { values } = solved(unanimity(1, 1), 2)
  assert.deepEqual([...values], [1])
})

test('Student’s factor is that of the tables', () => {
  const table = [
    [3, 2.353],
    [5, 2.015],
    [10, 1.812],
    [30, 1.697],
    [Number.POSITIVE_INFINITY, 1.645],
  ] as const
  for (const [freedom, expected] of table) {
    assert.ok(Math.abs(studentFactor(freedom) - expected) < 0.008, `${freedom}: ${studentFactor(freedom)}`)
  }
})
