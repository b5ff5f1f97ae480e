import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReductionName } from '@fanlight/contracts'
import { type LayerTap, reductions, usesGradient } from '../src/index.ts'

/** Two channels of 1 × 3 cells, unless told otherwise. */
function tap(activation: readonly number[], gradient: readonly number[], channels = 2, height = 1): LayerTap {
  const size = { channels, height, width: activation.length / channels / height }
  return { activation: Float32Array.from(activation), gradient: Float32Array.from(gradient), ...size }
}

function assertMap(name: ReductionName, of: LayerTap, expected: readonly number[], tolerance = 1e-6): void {
  const map = reductions[name](of)
  assert.equal(map.length, expected.length)
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(map[i]! - value) <= tolerance, `${name} is ${map}, not ${expected}`)
  }
}

const activation = [1, 2, 3, 4, -5, 0]
const slope = [0.5, -1, 2, 1, 1, -3]

test('gradient is the steepest channel of each cell, whatever its sign', () => {
  assertMap('gradient', tap(activation, slope), [1, 1, 3])
})

test('gradient × input and HiResCAM add gradient times value over the channels, and keep the sign', () => {
  for (const name of ['gradient-x-input', 'hires-cam'] as const) assertMap(name, tap(activation, slope), [4.5, -7, 6])
})

test('ODAM is what HiResCAM has above zero', () => {
  assertMap('odam', tap(activation, slope), [4.5, 0, 6])
})

test('Grad-CAM weighs channels by their mean gradient', () => {
  // Means 0.5 and −1/3.
  assertMap('grad-cam', tap(activation, slope), [0, 1 + 5 / 3, 1.5])
})

test('LayerCAM weighs cells by their gradient where it is positive', () => {
  assertMap('layer-cam', tap(activation, slope), [4.5, 0, 6])
  assertMap('layer-cam', tap([1, 2, -3, 4], [-1, 2, 1, 1]), [0, 8])
})

test('Grad-CAM++ weighs channels by α · ReLU(g)', () => {
  // ΣA = 6 and −1: α = 1 / (2 + 6 g), and 1 / (2 − g).
  const first = 0.5 / (2 + 3) + 2 / (2 + 12)
  const second = 1 / (2 - 1) + 1 / (2 - 1)
  const expected = [0, 1, 2].map((i) => Math.max(0, first * activation[i]! + second * activation[3 + i]!))
  assertMap('grad-cam-plus-plus', tap(activation, slope), expected, 1e-4)
})

test('Grad-CAM++ has no weight for a channel without gradient', () => {
  assertMap('grad-cam-plus-plus', tap([1, 2, 3, 4], [0, 0, -1, 0]), [0, 0])
})

test('XGrad-CAM weighs channels by their gradient, averaged with the activation, and keeps the sign', () => {
  // (0.5 − 2 + 6) / 6 and (4 − 5) / −1.
  assertMap('xgrad-cam', tap(activation, slope), [0.75 + 4, 1.5 - 5, 2.25])
})

test('XGrad-CAM of rectified activations adds up to the gradient times activation', () => {
  const of = tap([0, 2, 3, 4, 0, 1], slope)
  const total = (name: ReductionName) => reductions[name](of).reduce((sum, value) => sum + value, 0)
  assert.ok(Math.abs(total('xgrad-cam') - 5) < 1e-6)
  assert.ok(Math.abs(total('xgrad-cam') - total('hires-cam')) < 1e-6)
})

test('XGrad-CAM has no weight for activations that cancel, or are zero', () => {
  assertMap('xgrad-cam', tap([1e6, -1e6, 0, 0, 1, 2], [1, -1, 5, 1, 1, 1], 3), [1, 2])
})

test('a gradient that is constant in each channel makes HiResCAM, rectified, the same as Grad-CAM', () => {
  const of = tap(activation, [2, 2, 2, 0.5, 0.5, 0.5])
  const rectified = reductions['hires-cam'](of).map((value) => Math.max(0, value))
  assert.deepEqual(reductions['grad-cam'](of), rectified)
})

for (const channels of [2, 5]) {
  test(`EigenCAM of ${channels} channels of one pattern is that pattern about its mean, where it is above`, () => {
    const pattern = [1, 5, 3, 3]
    const strengths = [3, 4, 1, 2, 0.5].slice(0, channels)
    const of = tap(
      strengths.flatMap((strength) => pattern.map((value) => strength * value)),
      [],
      channels,
      2,
    )
    const length = Math.hypot(...strengths)
    assertMap('eigen-cam', of, [0, 2 * length, 0, 0], 1e-5)
  })
}

test('EigenCAM takes the pattern of the larger variance, and neither its mean nor the gradient matters', () => {
  const of = tap([100, 100, 101, 99, 0, 6, 0, 0], [9, 9, 9, 9, 9, 9, 9, 9], 2, 2)
  const map = reductions['eigen-cam'](of)
  assert.equal(map.indexOf(Math.max(...map)), 1)
  assert.deepEqual(map, reductions['eigen-cam']({ ...of, gradient: new Float32Array(0) }))
})

test('EigenCAM of a layer that says the same everywhere is zero', () => {
  assertMap('eigen-cam', tap([7, 7, 7, -2, -2, -2], []), [0, 0, 0])
})

test('only EigenCAM makes do without a gradient', () => {
  const without = (Object.keys(reductions) as ReductionName[]).filter((name) => !usesGradient(name))
  assert.deepEqual(without, ['eigen-cam'])
})

for (const name of Object.keys(reductions) as ReductionName[]) {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`${name} does not hide that there is ${bad} in what it reads`, () => {
      const values = [1, 2, bad, 4, -5, 1]
      const read = name === 'gradient' ? tap(activation, values) : tap(values, slope)
      assert.ok(!reductions[name](read).every(Number.isFinite))
    })
  }
}
