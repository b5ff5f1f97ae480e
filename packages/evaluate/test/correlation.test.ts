import assert from 'node:assert/strict'
import { test } from 'node:test'
import { correlation } from '../src/index.ts'

test('correlation is 1 for a rising line, −1 for a falling one, and as computed by hand between', () => {
  assert.ok(Math.abs(correlation([1, 2, 3], [10, 20, 30])! - 1) < 1e-15)
  assert.ok(Math.abs(correlation([1, 2, 3], [3, 2, 1])! + 1) < 1e-15)
  // Deviations (−1, 0, 1) and (−1, 1, 0): 1 / √(2·2)
  assert.ok(Math.abs(correlation([1, 2, 3], [1, 3, 2])! - 0.5) < 1e-15)
})

test('a constant correlates with nothing', () => {
  assert.equal(correlation([0.1, 0.1, 0.1], [1, 2, 3]), null)
  assert.equal(correlation([1, 2, 3], [0.7, 0.7, 0.7]), null)
  assert.equal(correlation([1], [2]), null)
})

test('values so small that their squares vanish give no correlation instead of NaN', () => {
  assert.equal(correlation([0, 1e-200], [0, 1e-200]), null)
})

test('lists of unequal length are refused', () => {
  assert.throws(() => correlation([1, 2], [1]), RangeError)
})
