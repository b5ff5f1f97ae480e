import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deltasOf, inBoxCoordinates, LAYOUT, readAggregate } from '../src/index.ts'
import { record } from './record.ts'

const image = { width: 80, height: 40 }
const map = (values: (x: number, y: number) => number) => ({
  width: 16,
  height: 8,
  data: Float32Array.from({ length: 128 }, (_, i) => values(i % 16, Math.floor(i / 16))),
})

test('a target counts for its class and for all, and under an objective apart from the ordinary one', () => {
  const keys = (objective: 'score' | 'box') =>
    deltasOf(
      record({ objective }),
      map(() => 1),
      image,
    ).map(({ key }) => key)
  assert.deepEqual(keys('score'), ['all', 'class=boat'])
  assert.deepEqual(keys('box'), ['objective=box', 'objective=box class=boat'])
})

test('there are as many sums as the layout says, all integers of one scale', () => {
  for (const { sums } of deltasOf(
    record({}),
    map(() => 0),
    image,
  ))
    assert.equal(sums.length, LAYOUT.length)
  const [{ sums } = { sums: [] }] = deltasOf(
    record({ score: 0.5 }),
    map(() => 1),
    image,
  )
  assert.deepEqual(sums.slice(0, 2), [2n ** 31n, 1n])
})

test('shares of evidence follow the areas of box, ring and rest on a uniform map, whatever the sign', () => {
  const uniform = map((x, y) => ((x + y) % 2 === 0 ? 1 : -1))
  const { sums } = deltasOf(record({ box: [20, 10, 60, 30] }), uniform, image)[0]!
  const { boxShare, ringShare, farShare } = readAggregate(sums, 1)
  assert.deepEqual([boxShare, ringShare, farShare], [0.25, 0.3125, 0.4375])
})

test('the map in box coordinates keeps place, sign and mass', () => {
  // The box grown twice is the whole image: 12 parts of 5/3 and 5/6 map cells.
  const dipole = map((x, y) => (y !== 3 ? 0 : x === 3 ? 2 : x === 12 ? -1 : 0))
  const cells = inBoxCoordinates(dipole, [20, 10, 60, 30], image, LAYOUT.map)
  const at = (row: number, column: number) => cells[row * LAYOUT.map.cells + column]!
  const row = (r: number) => [...cells.subarray(r * 12, r * 12 + 12)].reduce((sum, mass) => sum + mass, 0)
  assert.ok(Math.abs(cells.reduce((sum, mass) => sum + mass, 0) - 1) < 1e-9)
  // Map row 3 is [.375, .5] of the height: parts 4 (½ of it is [.333, .417]) and 5, a third and two thirds.
  assert.ok(Math.abs(row(4) - 1 / 3) < 1e-9 && Math.abs(row(5) - 2 / 3) < 1e-9)
  // Map column 3 is [.1875, .25]: all in part 2, [.167, .25]. Column 12 is [.75, .8125]: all in part 9.
  assert.ok(Math.abs(at(5, 2) - 4 / 3) < 1e-9 && Math.abs(at(5, 9) + 2 / 3) < 1e-9)
})

test('parts of the grown box outside the image hold nothing', () => {
  const cells = inBoxCoordinates(
    map(() => 1),
    [0, 0, 40, 20],
    image,
    LAYOUT.map,
  )
  for (let i = 0; i < 144; i++) assert.equal(cells[i]! > 0, i % 12 >= 3 && Math.floor(i / 12) >= 3)
})

test('an empty box or a dark map counts without NaN', () => {
  const [empty] = deltasOf(
    record({ box: [5, 5, 5, 5] }),
    map(() => 1),
    image,
  )
  assert.equal(readAggregate(empty!.sums, 1).farShare, 1)
  const [dark] = deltasOf(
    record({}),
    map(() => 0),
    image,
  )
  assert.deepEqual([readAggregate(dark!.sums, 1).farShare, readAggregate(dark!.sums, 1).map], [null, null])
})
