import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CoalitionSet, Grid } from '@fanlight/contracts'
import { coalitionAt, coalitionCount, emptyCoalition, fullCoalition, maskAt } from '@fanlight/segments'
import { maskSums } from '../src/mask-sums.ts'

const grid: Grid = { kind: 'grid', rows: 3, cols: 5, edges: 'bilinear' }
const shape = { width: 12, height: 9 }
const random = (shift: boolean): CoalitionSet => ({
  kind: 'random',
  count: 150,
  first: 3,
  seed: 1,
  probability: 0.5,
  shift,
})
const coalitions = [random(true), fullCoalition(grid), random(false), emptyCoalition(grid)]
const count = coalitionCount(coalitions)
const channel = (k: number) => Float64Array.from({ length: count }, (_, i) => Math.sin(k + i))

test('sums made on grids and enlarged once equal the sums of the masks', () => {
  for (const [first, step] of [
    [0, 1],
    [1, 2],
    [2, 3],
  ] as const) {
    const channels = [channel(0), channel(1)]
    const sums = maskSums({ coalitions, grid, shape, channels, first, step })
    channels.forEach((weights, c) => {
      const expected = new Float64Array(shape.width * shape.height)
      for (let i = first; i < count; i += step) {
        const mask = maskAt(coalitionAt(coalitions, grid, i), grid, shape.width, shape.height)
        for (const [cell, value] of mask.entries()) expected[cell]! += weights[i]! * value
      }
      const worst = Math.max(...expected.map((value, cell) => Math.abs(value - sums[c]![cell]!)))
      assert.ok(worst < 1e-5, `differs by ${worst}`)
    })
  }
})

test('a channel has the same bits alone and among others', () => {
  const options = { coalitions, grid, shape, first: 0, step: 2 }
  const among = maskSums({ ...options, channels: [channel(0), channel(1), channel(2)] })
  assert.deepEqual(maskSums({ ...options, channels: [channel(1)] }), [among[1]])
})
