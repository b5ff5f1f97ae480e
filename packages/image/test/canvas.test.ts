import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canvas, layOver, place, recentLayer } from '../src/canvas.ts'
import { greyPhoto } from '../src/grey-photo.ts'
import { renderBoxes, renderOverlay } from '../src/index.ts'
import { gradient } from './pictures.ts'

const rgb = (picture: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...picture.data.subarray(3 * (y * picture.width + x), 3 * (y * picture.width + x) + 3),
]
const layer = (width: number, height: number, rgba: readonly number[]) => ({
  width,
  height,
  data: Uint8Array.from({ length: 4 * width * height }, (_, i) => rgba[i % 4]!),
})

test('a layer shows by its alpha: nothing at 0, itself at 255, rounded between', () => {
  const picture = canvas(3, 1, [10, 20, 30])
  layOver(picture, { layer: layer(1, 1, [255, 255, 255, 0]), left: 0, top: 0 })
  layOver(picture, { layer: layer(1, 1, [1, 2, 3, 255]), left: 1, top: 0 })
  layOver(picture, { layer: layer(1, 1, [210, 20, 31, 128]), left: 2, top: 0 })
  assert.deepEqual(
    [rgb(picture, 0, 0), rgb(picture, 1, 0)],
    [
      [10, 20, 30],
      [1, 2, 3],
    ],
  )
  // 10 + 200 · 128 / 255 = 110.4; 30 + 128 / 255 = 30.502
  assert.deepEqual(rgb(picture, 2, 0), [110, 20, 31])
})

test('what of a layer lies outside of the picture is cut off, on every side', () => {
  for (const [left, top, seen] of [
    [
      -1,
      0,
      [
        [0, 0],
        [0, 1],
      ],
    ],
    [
      0,
      -1,
      [
        [0, 0],
        [1, 0],
      ],
    ],
    [2, 1, [[2, 1]]],
    [-5, 0, []],
    [0, 9, []],
  ] as const) {
    const picture = canvas(3, 2, [0, 0, 0])
    layOver(picture, { layer: layer(2, 2, [9, 9, 9, 255]), left, top })
    const changed = [0, 1]
      .flatMap((y) => [0, 1, 2].map((x) => [x, y]))
      .filter(([x, y]) => rgb(picture, x!, y!)[0] === 9)
    assert.deepEqual(changed, seen)
  }
})

test('a picture is placed pixel by pixel', () => {
  const sheet = canvas(8, 8, [1, 2, 3])
  place(sheet, gradient(2, 3), 4, 5)
  assert.deepEqual(
    [rgb(sheet, 5, 7), rgb(sheet, 3, 5), rgb(sheet, 6, 7)],
    [
      [3, 6, 128],
      [1, 2, 3],
      [1, 2, 3],
    ],
  )
})

test('small layers are drawn once, large ones and others each time', async () => {
  let drawn = 0
  const draw = (side: number) => async () => {
    drawn += 1
    return layer(side, side, [0, 0, 0, 0])
  }
  for (const key of ['canvas a', 'canvas a', 'canvas b']) await recentLayer(key, draw(2))
  assert.equal(drawn, 2)
  for (const key of ['canvas c', 'canvas c']) await recentLayer(key, draw(600))
  assert.equal(drawn, 4)
})

test('pictures of one photo share its grey copy, which follows size and photo; the photo stays as it was', async () => {
  const photo = gradient(80, 60)
  const before = Uint8Array.from(photo.data)
  const grey = await greyPhoto(photo, 80, 60)
  assert.equal(await greyPhoto(photo, 80, 60), grey)
  assert.equal((await greyPhoto(photo, 40, 30)).length, 40 * 30)
  assert.notDeepEqual(await greyPhoto({ ...photo, data: photo.data.map((v) => 255 - v) }, 80, 60), grey)
  const wide = { width: 600, height: 60, data: new Uint8Array(600 * 60 * 3).fill(128) }
  const map = { width: 2, height: 1, data: Float32Array.of(0, 1) }
  await renderOverlay({ photo: wide, map, box: [1, 1, 9, 9] })
  await renderBoxes(wide, [[100, 10, 300, 50]])
  assert.ok(wide.data.every((value) => value === 128))
  assert.deepEqual(photo.data, before)
})
