import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kernelShap } from '../src/index.ts'
import recorded from './fixtures/shap-games.json' with { type: 'json' }
import { distance } from './games.ts'

// Recorded by bench/reference/games.py.

for (const { name, players, empty, full, coalitions, weights, values, shapley } of recorded.cases) {
  test(`values are those of Python’s shap on its own coalitions and weights: ${name}`, () => {
    const rows = coalitions.map((bits) => Uint8Array.from(bits, Number))
    const worth = kernelShap(players, rows, { weights })(values, { empty, full })
    const largest = shapley.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    assert.ok(distance(worth.values, shapley) < 1e-9 * largest, `off by ${distance(worth.values, shapley)}`)
  })
}

test('weights of our own are those of shap where all coalitions are asked', () => {
  const { players, empty, full, coalitions, values, shapley } = recorded.cases[0]!
  const rows = coalitions.map((bits) => Uint8Array.from(bits, Number))
  assert.ok(distance(kernelShap(players, rows)(values, { empty, full }).values, shapley) < 1e-10)
})
