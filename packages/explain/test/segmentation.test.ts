import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box, Grid } from '@fanlight/contracts'
import { packLabels } from '@fanlight/segments'
import { hierarchyOf } from '../src/hierarchy.ts'
import type { Answer } from '../src/index.ts'
import { mostSegments, Segmentation, segmentsFor } from '../src/segmentation.ts'

const seen = (box: Box) => ({ box, class: 0, label: 'thing', score: 0.5 })
const found = (...boxes: Box[]) => ({ width: 400, height: 200, detections: boxes.map(seen) })

function cut(given: object, boxes: Box[] = [], answer?: Answer): Grid {
  const run = segmentsFor(found(...boxes), Segmentation.parse(given))
  let step = run.next()
  if (!step.done) step = run.next(answer!)
  assert.ok(step.done)
  return step.value
}

test('a grid is what was asked for', () => {
  assert.deepEqual(cut({ kind: 'grid' }), { kind: 'grid', rows: 8, cols: 8, edges: 'bilinear' })
})

test('lines along boxes are the boxes’ edges, and even ones where there is room', () => {
  const grid = cut({ kind: 'boxes', rows: 4, cols: 4, minimum: 0.1 }, [[40, 60, 180, 140]])
  // Of the even lines .25 is far enough from .1 and .45, .5 is not; .75 is.
  assert.deepEqual(grid.x, [0, 0.1, 0.25, 0.45, 0.75, 1])
  assert.deepEqual(grid.y, [0, 0.3, 0.5, 0.7, 1])
  assert.deepEqual([grid.rows, grid.cols, grid.edges], [4, 5, 'hard'])
})

test('of boxes that nearly share an edge the first one’s is taken; edges outside the photo are not', () => {
  const grid = cut({ kind: 'boxes', rows: 1, cols: 1, minimum: 0.1 }, [
    [-20, 0, 200, 100],
    [220, 96, 500, 260],
  ])
  assert.deepEqual(
    [grid.x, grid.y],
    [
      [0, 0.5, 1],
      [0, 0.5, 1],
    ],
  )
})

test('however many boxes there are, there are no more pieces than the least distance leaves room for', () => {
  const boxes = Array.from({ length: 50 }, (_, i): Box => [7 * i, 3 * i, 7 * i + 31, 3 * i + 17])
  const spec = { kind: 'boxes', minimum: 1 / 16 }
  const grid = cut(spec, boxes)
  assert.ok(grid.rows * grid.cols <= mostSegments(Segmentation.parse(spec)))
  assert.ok(grid.x!.slice(1).every((to, i) => to - grid.x![i]! >= 1 / 16 - 1e-12))
})

test('superpixels are asked for on the map’s raster, and are what the answer says', () => {
  const run = segmentsFor(found(), Segmentation.parse({ kind: 'slic', segments: 30 }))
  const question = run.next().value
  assert.deepEqual(question, { kind: 'segment', rows: 32, cols: 64, segments: 30, compactness: 10 })
  const labels = packLabels(
    Array.from({ length: 32 * 64 }, (_, i) => i % 5),
    5,
  )
  const { value } = run.next({ kind: 'segment', count: 5, labels: labels.of })
  assert.deepEqual(value, { kind: 'grid', rows: 32, cols: 64, edges: 'hard', labels })
})

test('an answer that is no labels of that raster is refused', () => {
  const cells = Array<number>(32 * 64).fill(3)
  const wrong: Answer[] = [
    { kind: 'segment', count: 3, labels: packLabels(cells, 3).of },
    { kind: 'segment', count: 4, labels: packLabels(cells.slice(1), 4).of },
    { kind: 'segment', count: 4, labels: 'no base64' },
    { kind: 'score', values: new Float32Array(1) },
  ]
  for (const answer of wrong) assert.throws(() => cut({ kind: 'slic' }, [], answer), { code: 'MESSAGE_INVALID' })
})

test('params of another kind of pieces are refused', () => {
  for (const wrong of [{ kind: 'grid', segments: 5 }, { kind: 'slic', rows: 4 }, { kind: 'hexagons' }]) {
    assert.ok(!Segmentation.safeParse(wrong).success)
  }
})

test('a hierarchy halves a photo across its longer side, between rows and columns', () => {
  const grid: Grid = { kind: 'grid', rows: 2, cols: 3, edges: 'hard' }
  // 3 columns of 100 pixels, 2 rows of 50: the left column first.
  assert.deepEqual(hierarchyOf(grid, 300, 100), [
    [0, 3],
    [
      [1, 4],
      [2, 5],
    ],
  ])
  const tall = hierarchyOf(grid, 100, 300)
  assert.deepEqual(tall, [
    [[0, 1], 2],
    [[3, 4], 5],
  ])
})

test('a hierarchy of superpixels goes by their centres, and has room for one without cells', () => {
  const labels = packLabels([0, 0, 0, 3, 1, 1, 1, 3], 5)
  const grid: Grid = { kind: 'grid', rows: 2, cols: 4, edges: 'hard', labels }
  const flat = (node: unknown): unknown[] => (Array.isArray(node) ? node.flatMap(flat) : [node])
  assert.deepEqual(flat(hierarchyOf(grid, 40, 20)).toSorted(), [0, 1, 2, 3, 4])
})
