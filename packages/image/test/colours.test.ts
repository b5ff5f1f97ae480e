import assert from 'node:assert/strict'
import { test } from 'node:test'
import { areaMean, toLab } from '../src/index.ts'

const greys = (...values: number[]) => values.flatMap((value) => [value, value / 2, 0])

const close = (seen: ArrayLike<number>, expected: readonly number[], tolerance = 1e-9) => {
  assert.equal(seen.length, expected.length)
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(seen[i]! - value) < tolerance, `${seen[i]}, ${value}`)
}

test('cells are means of what they cover, pixels between two cells in part', () => {
  close(areaMean({ width: 4, height: 1, data: greys(0, 10, 20, 50) }, 2, 1), greys(5, 35))
  close(areaMean({ width: 3, height: 1, data: greys(0, 30, 90) }, 2, 1), greys(10, 70))
  close(areaMean({ width: 2, height: 3, data: greys(0, 0, 30, 30, 90, 96) }, 1, 2), greys(10, 72))
})

test('cells within one pixel have its colour', () => {
  close(areaMean({ width: 1, height: 1, data: greys(8) }, 3, 2), greys(8, 8, 8, 8, 8, 8))
  close(areaMean({ width: 2, height: 1, data: greys(0, 60) }, 3, 1), greys(0, 30, 60))
})

test('taken in two steps a mean is the same, where the cells lie in each other', () => {
  const data = Array.from({ length: 60 * 40 * 3 }, (_, i) => (i * 7919) % 256)
  const once = areaMean({ width: 60, height: 40, data }, 10, 5)
  const between = areaMean({ width: 60, height: 40, data }, 20, 20)
  close(areaMean({ width: 20, height: 20, data: between }, 10, 5), [...once])
})

test('CIELAB is that of the standard', () => {
  // Values of Bruce Lindbloom's calculator, for sRGB and D65.
  close(toLab([255, 255, 255]), [100, 0, 0], 0.01)
  close(toLab([0, 0, 0]), [0, 0, 0], 0.01)
  close(toLab([255, 0, 0]), [53.24, 80.09, 67.2], 0.01)
  close(toLab([0, 0, 255]), [32.3, 79.19, -107.86], 0.01)
  close(toLab([128, 128, 128]), [53.59, 0, 0], 0.01)
})
