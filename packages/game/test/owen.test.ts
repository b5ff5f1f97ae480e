import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Hierarchy, owenValues } from '../src/index.ts'
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

function solved(games: readonly Game[], hierarchy: Hierarchy, budget: number) {
  const run = owenValues(games[0]!.players, hierarchy, budget, games.map(endsOf))
  let step = run.next([])
  let [asked, rounds] = [0, 0]
  while (!step.done) {
    const coalitions = step.value
    asked += coalitions.length
    rounds += 1
    step = run.next(games.map((game) => valuesOf(game, coalitions)))
  }
  return { values: step.value, asked, rounds }
}

/** Halves of a range of players, down to single ones. */
function balanced(from: number, to: number): Hierarchy {
  if (to - from === 1) return from
  const middle = Math.ceil((from + to) / 2)
  return [balanced(from, middle), balanced(middle, to)]
}

const EVERY = 1_000_000

test('of a glove game the values are those of its hierarchy: a team of two and one outside', () => {
  // In closed form (Owen 1977): with 1 and 2 teamed up the two sides share evenly, and the team's half evenly again.
  const { values } = solved([gloves], [0, [1, 2]], EVERY)
  assert.ok(distance(values[0]!, [1 / 2, 1 / 4, 1 / 4]) < 1e-12)
  // With 0 and 1 teamed up, 2 earns only where it is asked before 1: 0 gets 3/4, 1 a quarter, 2 nothing.
  const teamed = solved([gloves], [[0, 1], 2], EVERY).values[0]!
  assert.ok(distance(teamed, [3 / 4, 1 / 4, 0]) < 1e-12, `${teamed}`)
})

test('where nobody interacts, and where all of a pair of equals do, they are the Shapley values', () => {
  const worths = [0.4, -0.1, 0.7, 0, 0.2]
  const games = [additive(worths), unanimity(5, 0b11111)]
  const [plain, all] = solved(games, balanced(0, 5), EVERY).values
  assert.ok(distance(plain!, worths) < 1e-12)
  assert.ok(Math.abs(sumOf(all!) - 1) < 1e-12)
  assert.ok(
    distance(solved([unanimity(4, 0b1111)], balanced(0, 4), EVERY).values[0]!, [0.25, 0.25, 0.25, 0.25]) < 1e-12,
  )
})

test('for two players in each half values are those that all orders by halves give', () => {
  const game = multilinear(4, 12, 6)
  const orders = [
    [0, 1, 2, 3],
    [1, 0, 2, 3],
    [0, 1, 3, 2],
    [1, 0, 3, 2],
  ].flatMap((order) => [order, [...order.slice(2), ...order.slice(0, 2)]])
  const truth = new Float64Array(4)
  for (const order of orders) {
    const present = new Uint8Array(4)
    let before = endsOf(game).empty
    for (const player of order) {
      present[player] = 1
      const after = valuesOf(game, [present])[0]!
      truth[player]! += (after - before) / orders.length
      before = after
    }
  }
  assert.ok(distance(solved([game], balanced(0, 4), EVERY).values[0]!, truth) < 1e-12)
})

test('every game adds up at any budget, and no budget is exceeded', () => {
  const games = [multilinear(13, 80, 1), multilinear(13, 80, 2)]
  for (const budget of [0, 1, 2, 7, 40, 333]) {
    const { values, asked } = solved(games, balanced(0, 13), budget)
    assert.ok(asked <= budget)
    games.forEach((game, i) => {
      const { empty, full } = endsOf(game)
      assert.ok(Math.abs(sumOf(values[i]!) - (full - empty)) < 1e-12)
    })
  }
})

test('without a budget all players share alike', () => {
  assert.ok(distance(solved([unanimity(4, 0b1)], balanced(0, 4), 1).values[0]!, [0.25, 0.25, 0.25, 0.25]) < 1e-12)
})

test('a small budget finds the one player that matters among many, for each of two games', () => {
  const games = [unanimity(30, 1 << 5), unanimity(30, 1 << 22)]
  const { values, rounds } = solved(games, balanced(0, 30), 150)
  assert.ok(values[0]![5]! > 0.99 && values[1]![22]! > 0.99)
  assert.ok(rounds < 10)
  assert.deepEqual(shapleyOf(games[0]!)[5], 1)
})
