import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '@fanlight/contracts'
import { heldMatch } from '../src/held-match.ts'
import { scorer } from '../src/scoring.ts'
import { iou } from './fixtures.ts'
import { boxOf, heads, numbers } from './heads.ts'

for (const head of heads) {
  test(`${head.title}: the match is where a scorer has its maximum`, () => {
    const predictions = head.decode(head.outputs)
    const next = numbers(23)
    for (let i = 0; i < 30; i++) {
      const [x, y] = [60 * next(), 60 * next()]
      const target = {
        box: [x, y, x + 4 + 40 * next(), y + 4 + 40 * next()] as Box,
        class: Math.floor(next() * head.classCount),
      }
      const [value] = scorer({ targets: [target], objectives: ['score'], minObjectness: 0 })(predictions)
      const index = heldMatch(predictions, target)
      const similarity =
        index === undefined
          ? 0
          : iou(boxOf(predictions, index), target.box) *
            predictions.probability(index, target.class) *
            (predictions.objectness?.(index) ?? 1)
      assert.equal(Math.fround(similarity), value)
    }
  })

  test(`${head.title}: nothing overlaps a target far away`, () => {
    const target = { box: [9000, 9000, 9010, 9010] as Box, class: 0 }
    assert.equal(heldMatch(head.decode(head.outputs), target), undefined)
  })
}

test('of equal predictions the first is held', () => {
  const head = heads[0]!
  const [output] = head.outputs
  const row = [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5]
  const data = Float32Array.from(output!.data, (_, i) => (i < 64 ? row[i % 8]! : 0))
  const predictions = head.decode([{ ...output!, data }])
  // Cells of one grid differ in their place only: a target halfway between the first two.
  const [x1, y1, x2, y2] = boxOf(predictions, 0)
  assert.equal(heldMatch(predictions, { box: [x1 + 4, y1, x2 + 4, y2], class: 0 }), 0)
})
