import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placementOf, positionsOf, toImage, toNetwork } from '../src/index.ts'

test('top-left letterbox truncates like YOLOX', () => {
  // 640 × 427 into 416: ratio .65, int(277.55) = 277
  assert.deepEqual(placementOf(640, 427, 416, 416, 'letterbox-top-left'), {
    scaleX: 416 / 640,
    scaleY: 277 / 427,
    offsetX: 0,
    offsetY: 0,
    width: 416,
    height: 277,
  })
})

test('centred letterbox rounds and splits like Ultralytics', () => {
  // 640 × 427 into 640 × 640: 213 pixels of padding, round(106.4) above and round(106.6) below
  const odd = placementOf(640, 427, 640, 640, 'letterbox-center')
  assert.deepEqual([odd.width, odd.height, odd.offsetX, odd.offsetY], [640, 427, 0, 106])
  // 215 pixels of padding: round(107.4) above
  assert.equal(placementOf(640, 425, 640, 640, 'letterbox-center').offsetY, 107)
  // 1024 × 500 into 640: 312.5 rounds to the even 312, as in Python
  const even = placementOf(1024, 500, 640, 640, 'letterbox-center')
  assert.deepEqual([even.width, even.height, even.offsetY], [640, 312, 164])
  // A portrait photo that is enlarged
  const portrait = placementOf(100, 200, 640, 640, 'letterbox-center')
  assert.deepEqual([portrait.width, portrait.height, portrait.offsetX], [320, 640, 160])
})

test('stretch fills the input with a scale for each side', () => {
  const placement = placementOf(640, 480, 320, 240, 'stretch')
  assert.deepEqual([placement.scaleX, placement.scaleY, placement.width, placement.height], [0.5, 0.5, 320, 240])
  assert.equal(placementOf(100, 480, 320, 240, 'stretch').scaleX, 3.2)
})

test('a hair-thin photo keeps a pixel', () => {
  const placement = placementOf(10_000, 1, 416, 416, 'letterbox-top-left')
  assert.deepEqual([placement.width, placement.height], [416, 1])
})

for (const resize of ['letterbox-top-left', 'letterbox-center', 'stretch'] as const) {
  test(`${resize}: boxes go there and back, and corners meet the content's corners`, () => {
    const placement = placementOf(517, 911, 416, 320, resize)
    const { offsetX, offsetY, width, height } = placement
    const corners = toNetwork(placement, [0, 0, 517, 911])
    for (const [i, side] of [offsetX, offsetY, offsetX + width, offsetY + height].entries()) {
      assert.ok(Math.abs(corners[i]! - side) < 1e-9)
    }
    const back = toImage(placement, toNetwork(placement, [10.5, 20.25, 300, 700]))
    for (const [i, side] of [10.5, 20.25, 300, 700].entries()) assert.ok(Math.abs(back[i]! - side) < 1e-9)
  })
}

test('positions are those of pixel centres, clamped in the padding', () => {
  const placement = placementOf(200, 100, 8, 8, 'letterbox-center')
  const { columns, rows } = positionsOf(placement, 8, 8)
  assert.deepEqual(
    [...columns],
    [1, 3, 5, 7, 9, 11, 13, 15].map((v) => v / 16),
  )
  assert.deepEqual([...rows], [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1])
})
