import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '@fanlight/contracts'
import { coverage, grownBox, inBoxEnergy, massIn, pointsIntoBox } from '../src/index.ts'

const image = { width: 400, height: 200 }
const map = (width: number, height: number, values: number[]) => ({ width, height, data: Float32Array.from(values) })
const flat = map(4, 2, Array(8).fill(1))

test('a uniform map has the share of its energy in a box that the box has of the image', () => {
  const boxes: Box[] = [
    [0, 0, 400, 200],
    [0, 0, 100, 100],
    [37, 11, 251, 163],
    [150, 50, 150, 80],
  ]
  for (const box of boxes) {
    const share = ((box[2] - box[0]) * (box[3] - box[1])) / (400 * 200)
    assert.ok(Math.abs(inBoxEnergy(flat, box, image)! - share) < 1e-12)
  }
})

test('only positive evidence counts as energy', () => {
  const mixed = map(2, 1, [1, -5])
  assert.equal(inBoxEnergy(mixed, [0, 0, 200, 200], image), 1)
  assert.equal(inBoxEnergy(mixed, [200, 0, 400, 200], image), 0)
})

test('a map without positive evidence has no in-box energy', () => {
  assert.equal(inBoxEnergy(map(2, 1, [0, -1]), [0, 0, 400, 200], image), null)
})

test('a box that reaches out of the image holds what it covers of it', () => {
  assert.equal(massIn(flat, 'signed', image, [-1000, -1000, 100, 1000]), 2)
  assert.equal(massIn(flat, 'signed', image, [500, 0, 600, 200]), 0)
})

test('mass is signed, absolute or positive as asked', () => {
  const mixed = map(2, 1, [1, -3])
  assert.deepEqual(
    (['signed', 'absolute', 'positive'] as const).map((part) => massIn(mixed, part, image)),
    [-2, 4, 1],
  )
})

test('coverage is the covered share of each cell, and nothing for an empty interval', () => {
  assert.deepEqual([...coverage(0.125, 0.75, 4)], [0.5, 1, 1, 0])
  assert.deepEqual([...coverage(0.5, 0.5, 3)], [0, 0, 0])
  assert.deepEqual([...coverage(0.9, 0.1, 2)], [0, 0])
  assert.deepEqual([...coverage(-2, 2, 2)], [1, 1])
})

test('a box grows about its centre', () => {
  assert.deepEqual(grownBox([10, 20, 30, 60], 1.5), [5, 10, 35, 70])
})

test('the pointing game looks where the strongest cell’s centre lies', () => {
  const peak = map(4, 2, [0, 0, 0, 0, 0, 0, 9, 0]) // centre (250, 150)
  assert.equal(pointsIntoBox(peak, [240, 140, 260, 160], image), true)
  assert.equal(pointsIntoBox(peak, [251, 140, 260, 160], image), false)
  assert.equal(pointsIntoBox(peak, [240, 40, 260, 60], image), false)
  assert.equal(pointsIntoBox(flat, [0, 0, 400, 200], image), null)
})
