import assert from 'node:assert/strict'
import { test } from 'node:test'
import { worthOf } from './evidence.ts'
import { kindNames, kinds, smallBoard, UNIT } from './scenes.ts'
import { enumeratedShapley, shapley } from './truth.ts'

const players = smallBoard.rows * smallBoard.cols

for (const name of kindNames) {
  test(`the closed form of ${name} is the sum over all coalitions`, () => {
    const evidence = kinds[name]
    const closed = shapley(evidence, players, UNIT)
    const summed = enumeratedShapley((z) => worthOf(evidence, z), players)
    for (let j = 0; j < players; j++)
      assert.ok(Math.abs(closed[j]! - summed[j]!) < 1e-12, `tile ${j}: ${closed[j]} ${summed[j]}`)
  })
}
