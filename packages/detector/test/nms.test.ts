import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '@fanlight/contracts'
import fc from 'fast-check'
import { type Candidates, suppress } from '../src/nms.ts'
import { iou } from './fixtures.ts'

interface Row {
  readonly box: Box
  readonly score: number
  readonly class: number
}

const candidates = (rows: readonly Row[]): Candidates => ({
  boxes: Float64Array.from(rows.flatMap(({ box }) => box)),
  scores: Float64Array.from(rows, ({ score }) => score),
  classes: Int32Array.from(rows, (row) => row.class),
})

/** The definition, without any order of its own: take the best that is left, drop its rivals, again. */
function bruteForce(rows: readonly Row[], maxIou: number): number[] {
  const left = new Set(rows.keys())
  const kept: number[] = []
  while (left.size > 0) {
    const best = [...left].reduce((a, b) => (rows[b]!.score > rows[a]!.score ? b : a))
    kept.push(best)
    left.delete(best)
    for (const other of left) {
      const rival = rows[other]!.class === rows[best]!.class && iou(rows[other]!.box, rows[best]!.box) > maxIou
      if (rival) left.delete(other)
    }
  }
  return kept
}

const row = fc.record({
  // Few positions and scores, so that boxes and scores often coincide.
  box: fc
    .tuple(fc.nat(6), fc.nat(6), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .map(([x, y, w, h]): Box => [x, y, x + w, y + h]),
  score: fc.nat(5).map((value) => value / 5),
  class: fc.nat(2),
})

test('suppression agrees with its definition, whatever the boxes and ties', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, maxIou) => {
      assert.deepEqual(suppress(candidates(rows), maxIou), bruteForce(rows, maxIou))
    }),
    { numRuns: 300 },
  )
})

test('of boxes without end the best ten thousand compete, in a moment', () => {
  const rows = Array.from({ length: 12_000 }, (_, i): Row => {
    const [x, y] = [(i * 7919) % 640, (i * 104_729) % 480]
    return { box: [x, y, x + 30, y + 30], score: ((i * 31) % 12_000) / 12_000, class: 0 }
  })
  const start = performance.now()
  const kept = suppress(candidates(rows), 0.5)
  assert.ok(performance.now() - start < 5000)
  assert.ok(kept.every((index) => rows[index]!.score >= 2000 / 12_000))
})
