import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grid } from '@fanlight/contracts'
import fc from 'fast-check'
import { coalitionAt, interpolation, maskAt, packBits, pixelCentres } from '../src/index.ts'

const edges = fc.constantFrom<Grid['edges']>('bilinear', 'hard')
const shift = fc.option(fc.double({ min: 0, max: 0.999_999, noNaN: true }), { nil: undefined })
const positions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })

test('weights are shares: none is negative, at most two differ from zero, each row sums to 1', () => {
  const property = fc.property(positions, fc.integer({ min: 1, max: 64 }), shift, edges, (along, cells, by, kind) => {
    const drawn = by === undefined ? cells : cells + 1
    const matrix = interpolation(Float64Array.from(along), cells, by, kind)
    assert.equal(matrix.length, along.length * drawn)
    for (let i = 0; i < along.length; i++) {
      const row = [...matrix.subarray(i * drawn, (i + 1) * drawn)]
      assert.ok(row.every((weight) => weight >= 0))
      assert.ok(row.filter((weight) => weight > 0).length <= (kind === 'hard' ? 1 : 2))
      assert.ok(Math.abs(row.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-6)
    }
  })
  fc.assert(property)
})

test('bilinear weights put a position at its own coordinate: Σ w·j = clamp(u·cells + shift − ½)', () => {
  const property = fc.property(positions, fc.integer({ min: 1, max: 64 }), shift, (along, cells, by) => {
    const drawn = by === undefined ? cells : cells + 1
    const matrix = interpolation(Float64Array.from(along), cells, by, 'bilinear')
    along.forEach((u, i) => {
      const found = matrix.subarray(i * drawn, (i + 1) * drawn).reduce((sum, weight, j) => sum + weight * j, 0)
      const wanted = Math.min(drawn - 1, Math.max(0, u * cells + (by ?? 0) - 0.5))
      assert.ok(Math.abs(found - wanted) < 1e-4)
    })
  })
  fc.assert(property)
})

test('hard edges take the cell that a pixel centre lies in', () => {
  const matrix = interpolation(pixelCentres(6), 3, undefined, 'hard')
  const cells = Array.from({ length: 6 }, (_, i) => matrix.subarray(i * 3, i * 3 + 3).indexOf(1))
  assert.deepEqual(cells, [0, 0, 1, 1, 2, 2])
  const shifted = interpolation(pixelCentres(6), 3, 0.5, 'hard')
  assert.deepEqual(
    Array.from({ length: 6 }, (_, i) => shifted.subarray(i * 4, i * 4 + 4).indexOf(1)),
    [0, 1, 1, 2, 2, 3],
  )
})

test('a mask is Ry · K · Rxᵀ', () => {
  const arbitrary = fc.record({
    rows: fc.integer({ min: 1, max: 6 }),
    cols: fc.integer({ min: 1, max: 6 }),
    edges,
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(),
    shift: fc.boolean(),
  })
  const property = fc.property(arbitrary, ({ rows, cols, width, height, seed, ...options }) => {
    const grid: Grid = { kind: 'grid', rows, cols, edges: options.edges }
    const set = { kind: 'random', count: 1, first: 0, seed, probability: 0.5, shift: options.shift } as const
    const coalition = coalitionAt([set], grid, 0)
    const rx = interpolation(pixelCentres(width), cols, coalition.shiftX, options.edges)
    const ry = interpolation(pixelCentres(height), rows, coalition.shiftY, options.edges)
    const mask = maskAt(coalition, grid, width, height)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let product = 0
        for (let r = 0; r < coalition.rows; r++)
          for (let c = 0; c < coalition.cols; c++)
            product +=
              ry[y * coalition.rows + r]! * coalition.kept[r * coalition.cols + c]! * rx[x * coalition.cols + c]!
        assert.ok(Math.abs(mask[y * width + x]! - product) < 1e-6)
      }
  })
  fc.assert(property)
})

test('row 0 of the grid is the top of the image and column 0 its left', () => {
  const grid: Grid = { kind: 'grid', rows: 2, cols: 2, edges: 'hard' }
  const topRight = packBits([Uint8Array.of(0, 1, 0, 0)], 4)
  assert.deepEqual([...maskAt(coalitionAt([topRight], grid, 0), grid, 4, 2)], [0, 0, 1, 1, 0, 0, 0, 0])
})
