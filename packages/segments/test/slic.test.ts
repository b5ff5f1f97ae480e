import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type LabRaster, type Superpixels, slic } from '../src/index.ts'

type Lab = readonly [number, number, number]

function raster(rows: number, cols: number, colour: (row: number, col: number) => Lab, aspect = 1): LabRaster {
  const lab = Float64Array.from({ length: rows * cols * 3 }, (_, i) => {
    const cell = Math.floor(i / 3)
    return colour(Math.floor(cell / cols), cell % cols)[i % 3]!
  })
  return { rows, cols, lab, aspect }
}

const grey: Lab = [50, 0, 0]

/** Any picture, from even to noise. */
const pictures = fc
  .record({
    ...{ rows: fc.integer({ min: 1, max: 24 }), cols: fc.integer({ min: 1, max: 24 }) },
    ...{ seed: fc.nat(), noise: fc.constantFrom(0, 5, 80), aspect: fc.constantFrom(1, 0.5, 3, 100) },
  })
  .map(({ rows, cols, seed, noise, aspect }) =>
    raster(
      rows,
      cols,
      (row, col) => [((Math.imul(row * cols + col + seed, 0x9e3779b1) >>> 16) / 65536) * noise, 0, 0],
      aspect,
    ),
  )

/** How many pieces, whose cells touch along their sides, the segments are in. */
function pieces({ labels }: Superpixels, rows: number, cols: number): number {
  const seen = new Set<number>()
  let count = 0
  for (let first = 0; first < labels.length; first++) {
    if (seen.has(first)) continue
    count++
    const todo = [first]
    for (let cell = todo.pop(); cell !== undefined; cell = todo.pop()) {
      if (seen.has(cell) || labels[cell] !== labels[first]) continue
      seen.add(cell)
      const [row, col] = [Math.floor(cell / cols), cell % cols]
      if (row > 0) todo.push(cell - cols)
      if (row < rows - 1) todo.push(cell + cols)
      if (col > 0) todo.push(cell - 1)
      if (col < cols - 1) todo.push(cell + 1)
    }
  }
  return count
}

test('no segment reaches over the edge between two colours, wherever it is', () => {
  const isLeft = (row: number, col: number) => col < 13 + Math.round(3 * Math.sin(row / 5))
  const picture = raster(40, 40, (row, col) => (isLeft(row, col) ? [30, 40, 20] : [70, -30, 0]))
  const { count, labels } = slic(picture, { segments: 16, compactness: 10 })
  const sides = Array.from({ length: count }, () => new Set<boolean>())
  for (const [cell, label] of labels.entries()) sides[label]!.add(isLeft(Math.floor(cell / 40), cell % 40))
  assert.ok(sides.every(({ size }) => size === 1))
})

test('every segment is one piece, numbered by its first cell, and the same comes again', () => {
  fc.assert(
    fc.property(pictures, fc.integer({ min: 2, max: 200 }), (picture, segments) => {
      const found = slic(picture, { segments, compactness: 10 })
      const firsts = Array.from({ length: found.count }, (_, label) => found.labels.indexOf(label))
      assert.ok(firsts[0] === 0 && firsts.every((first, i) => i === 0 || first > firsts[i - 1]!))
      assert.equal(pieces(found, picture.rows, picture.cols), found.count)
      assert.deepEqual(slic(picture, { segments, compactness: 10 }), found)
    }),
    { seed: 5, numRuns: 150 },
  )
})

test('a picture of one colour is cut into about as many blocks as are wanted', () => {
  for (const segments of [2, 10, 50, 100, 300]) {
    const { count } = slic(
      raster(60, 80, () => grey),
      { segments, compactness: 10 },
    )
    assert.ok(count >= 0.8 * segments && count <= 1.25 * segments, `${count} of ${segments}`)
  }
})

test('noise makes no crumbs', () => {
  const noise = raster(64, 64, (row, col) => [(Math.imul(row * 64 + col + 9, 0x9e3779b1) >>> 16) / 655.36, 0, 0])
  const { count, labels } = slic(noise, { segments: 50, compactness: 10 })
  const sizes = new Map<number, number>()
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  assert.ok(count <= 100, `${count} segments`)
  assert.ok([...sizes.values()].every((size) => size >= (64 * 64) / 50 / 4))
})

test('segments are as square as the cells allow: flat cells stand on each other', () => {
  const flat = raster(32, 32, () => grey, 4)
  const { labels } = slic(flat, { segments: 16, compactness: 10 })
  const first = [...labels].map((label, cell) => ({ label, row: Math.floor(cell / 32), col: cell % 32 }))
  const cells = first.filter(({ label }) => label === 0)
  const [height, width] = [new Set(cells.map(({ row }) => row)).size, new Set(cells.map(({ col }) => col)).size]
  assert.ok(height >= 3 * width, `${height} rows by ${width} columns`)
})

test('compactness weighs nearness: little of it follows colours, much of it makes blocks', () => {
  const halves = raster(32, 32, (_, col) => [col < 11 ? 45 : 55, 0, 0])
  const mixed = (compactness: number) => {
    const { count, labels } = slic(halves, { segments: 16, compactness })
    const kinds = Array.from({ length: count }, () => new Set<boolean>())
    for (const [cell, label] of labels.entries()) kinds[label]!.add(cell % 32 < 11)
    return kinds.filter(({ size }) => size > 1).length
  }
  assert.equal(mixed(5), 0)
  assert.equal(mixed(1000), 4, 'the blocks that the edge goes through')
})

test('more segments than cells make each cell one', () => {
  const { count, labels } = slic(
    raster(3, 5, () => grey),
    { segments: 1000, compactness: 10 },
  )
  assert.equal(count, 15)
  assert.deepEqual(
    [...labels],
    Array.from({ length: 15 }, (_, i) => i),
  )
})

test('a picture of one cell is one segment', () => {
  assert.deepEqual(
    slic(
      raster(1, 1, () => grey),
      { segments: 100, compactness: 10 },
    ),
    {
      count: 1,
      labels: Uint16Array.of(0),
    },
  )
})
