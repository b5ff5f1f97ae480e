import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Placement, placementOf } from '@fanlight/image'
import { ontoPhoto, type Size } from '../src/index.ts'

const network = { width: 64, height: 64 }
const stretched = placementOf(64, 64, 64, 64, 'stretch')
const ramp = ({ width, height }: Size) =>
  Float32Array.from({ length: width * height }, (_, i) => ((i % width) + 0.5) / width)
const mean = (map: Float32Array) => map.reduce((sum, value) => sum + value, 0) / map.length

function assertClose(actual: Float32Array, expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length)
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(actual[i]! - value) <= tolerance, `${actual}`)
}

test('a map of the same cells stays as it is', () => {
  const layer = { width: 4, height: 3 }
  const map = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i))
  assertClose(ontoPhoto(map, { layer, network, placement: stretched }, layer), [...map])
})

test('a ramp over larger cells is the same ramp between their centres, and constant beyond', () => {
  const layer = { width: 4, height: 1 }
  const map = ontoPhoto(ramp(layer), { layer, network, placement: stretched }, { width: 16, height: 2 })
  const row = Array.from({ length: 16 }, (_, i) => Math.min(0.875, Math.max(0.125, (i + 0.5) / 16)))
  assertClose(map, [...row, ...row])
})

test('a ramp over smaller cells is the same ramp', () => {
  const layer = { width: 64, height: 64 }
  const shape = { width: 4, height: 2 }
  assertClose(ontoPhoto(ramp(layer), { layer, network, placement: stretched }, shape), [...ramp(shape)])
})

test('the average over smaller cells keeps the mean of the map, also where cells do not fit', () => {
  const layer = { width: 64, height: 48 }
  const map = Float32Array.from({ length: 64 * 48 }, (_, i) => ((i * 7919) % 101) / 101)
  const small = ontoPhoto(map, { layer, network, placement: stretched }, { width: 7, height: 11 })
  assert.ok(Math.abs(mean(small) - mean(map)) < 1e-6)
})

test('a value is divided by the cells of the layer that the cell of the map sees', () => {
  const layer = { width: 8, height: 8 }
  const map = new Float32Array(64)
  map[2 * 8 + 5] = 4
  const small = ontoPhoto(map, { layer, network, placement: stretched }, { width: 4, height: 4 })
  assertClose(small, [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('what lies in the padding vanishes', () => {
  // The photo takes rows 16 to 48 of 64.
  const placement = placementOf(100, 50, 64, 64, 'letterbox-center')
  assert.deepEqual([placement.offsetY, placement.height], [16, 32])
  const layer = { width: 64, height: 64 }
  const map = Float32Array.from({ length: 64 * 64 }, (_, i) => (Math.floor(i / 64) < 16 || i >= 48 * 64 ? 9 : 1))
  assertClose(ontoPhoto(map, { layer, network, placement }, { width: 4, height: 2 }), Array(8).fill(1))
})

test('the edge of the photo is found in a letterbox of odd sizes, within larger cells too', () => {
  const placement: Placement = placementOf(333, 101, 64, 64, 'letterbox-center')
  const { offsetY, height } = placement
  assert.notEqual(offsetY, 64 - height - offsetY)
  for (const side of [64, 8]) {
    const layer = { width: side, height: side }
    // A ramp down the network's pixels: each cell of the photo has the value at its centre, but for what cutting a
    // pixel in two makes of it.
    const map = Float32Array.from({ length: side * side }, (_, i) => ((Math.floor(i / side) + 0.5) * 64) / side)
    const rows = 3
    const expected = Array.from({ length: rows }, (_, row) => offsetY + ((row + 0.5) / rows) * height)
    assertClose(ontoPhoto(map, { layer, network, placement }, { width: 1, height: rows }), expected, 0.05)
  }
})

test('a letterbox at the top left leaves out what is right of the photo', () => {
  const placement = placementOf(30, 60, 64, 64, 'letterbox-top-left')
  const layer = { width: 2, height: 2 }
  // The photo takes the left half: its centres lie in the left cells and, from there, toward the right ones.
  const map = ontoPhoto(Float32Array.of(0, 1, 0, 1), { layer, network, placement }, { width: 4, height: 1 })
  assertClose(map, [0, 0, 0.125, 0.375])
})

test('one cell is one value', () => {
  const map = ontoPhoto(Float32Array.of(3), { layer: { width: 1, height: 1 }, network, placement: stretched }, network)
  assert.ok(map.length === 64 * 64 && map.every((value) => value === 3))
})

test('a map of another size than the layer is refused', () => {
  const place = { layer: { width: 2, height: 2 }, network, placement: stretched }
  assert.throws(() => ontoPhoto(new Float32Array(5), place, network), /a layer of 2 × 2 cells has no map of 5/)
})
