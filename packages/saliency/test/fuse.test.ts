import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fused } from '../src/index.ts'

const maps = [Float32Array.of(0, 2, -4), Float32Array.of(0, 0, 0), Float32Array.of(1, 0.5, 0)]

test('maps from gradients are added in their own unit', () => {
  assert.deepEqual(fused(maps, 'hires-cam'), Float32Array.of(1, 2.5, -4))
})

test('maps without gradient are scaled to their largest value, and the mean is taken', () => {
  assert.deepEqual(fused(maps, 'eigen-cam'), Float32Array.from([1 / 3, 1.5 / 3, -2 / 3]))
})

test('one map from gradients stays as it is', () => {
  assert.deepEqual(fused([maps[0]!], 'grad-cam'), maps[0])
})

test('maps of different lengths are refused, and none at all', () => {
  assert.throws(() => fused([new Float32Array(2), new Float32Array(3)], 'odam'), RangeError)
  assert.throws(() => fused([], 'odam'), RangeError)
})
