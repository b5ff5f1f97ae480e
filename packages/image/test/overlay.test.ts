import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { colourMap, colourOver } from '../src/colour-map.ts'
import { evidenceLines, linePath, massLevels, ringsAt } from '../src/contours.ts'
import { renderBoxes, renderOverlay, renderThumbnail } from '../src/index.ts'
import { drawText, printable } from '../src/text.ts'
import { difference, gradient, picture } from './pictures.ts'

/** 600 × 400, mid grey. */
const photo = { width: 600, height: 400, data: new Uint8Array(600 * 400 * 3).fill(128) }

/** 12 × 8 cells of 50 pixels, one of them hot. */
function hotCell(column: number, row: number, value = 1) {
  const data = new Float32Array(96)
  data[row * 12 + column] = value
  return { width: 12, height: 8, data }
}

async function pixelsOf(bytes: Uint8Array) {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
  return { ...info, data, at }
}

test('the levels hold 50, 80 and 95 % of the positive mass', () => {
  const levels = massLevels(Float32Array.of(5, 3, 1.5, 0.5, -100, 0))
  assert.deepEqual(levels, [
    { share: 0.5, value: 5 },
    { share: 0.8, value: 3 },
    { share: 0.95, value: 1.5 },
  ])
  assert.deepEqual(massLevels(Float32Array.of(0, -1)), [])
  assert.deepEqual(new Set(massLevels(new Float32Array(7).fill(0.1)).map(({ value }) => value)).size, 1)
})

test('a contour surrounds the cells above its value, in picture pixels', () => {
  const map = hotCell(6, 4)
  const numbers = linePath({ rings: ringsAt(map, 0.5) }, map, 600, 400)
    .match(/[\d.]+/g)!
    .map(Number)
  const xs = numbers.filter((_, i) => i % 2 === 0)
  const ys = numbers.filter((_, i) => i % 2 === 1)
  // The cell's centre is (325, 225); half of its value is reached half a cell away.
  assert.deepEqual([Math.min(...xs), Math.max(...xs)], [300, 350])
  assert.deepEqual([Math.min(...ys), Math.max(...ys)], [200, 250])
})

test('viridis runs from nothing to its yellow, never more than 60 % opaque, and leaves the negative alone', () => {
  const colours = colourMap('evidence', 2)
  assert.deepEqual(colours(2), { r: 253, g: 231, b: 37, opacity: 0.6 })
  assert.deepEqual(colours(99), colours(2))
  assert.equal(colours(1).opacity, 0.3)
  assert.ok(colours(-1).opacity === 0 && colours(0).opacity === 0)
})

test('signed maps are red for, blue against, and uncoloured at zero', () => {
  const colours = colourMap('signed', 2)
  assert.ok(colours(2).r > colours(2).b && colours(-2).b > colours(-2).r)
  assert.equal(colours(-2).opacity, colours(2).opacity)
  assert.equal(colours(0).opacity, 0)
})

test('a run of pixels gets the colours of the map, over the grey that is under each', () => {
  const values = Float32Array.of(-3, -1, 0, 0.5, 2, 9)
  const grey = Float32Array.from({ length: 8 }, (_, i) => 20 * i)
  for (const [name, max] of [
    ['evidence', 2],
    ['signed', 2],
    ['signed', 0],
  ] as const) {
    const onto = new Uint8Array(3 * 10).fill(7)
    colourOver(name, max)(values, { grey, from: 2, onto, at: 6 })
    const expected = Array.from(values, (value, i) => {
      const { r, g, b, opacity } = colourMap(name, max)(value)
      return [r, g, b].map((channel) => Math.floor(grey[2 + i]! + (channel - grey[2 + i]!) * opacity))
    }).flat()
    assert.deepEqual([...onto], [...Array(6).fill(7), ...expected, ...Array(6).fill(7)])
  }
})

test('the overlay colours the evidence where it is and dims the rest to grey', async () => {
  const { at, width, height } = await pixelsOf(
    await renderOverlay({ photo, map: hotCell(6, 4), box: [10, 10, 60, 60] }),
  )
  assert.equal(width, 600)
  assert.ok(height > 440, 'a legend is under the photo')
  const [r, g, b] = at(325, 225)
  assert.ok(r! > 150 && g! > 130 && b! < 70, `yellow, not ${[r, g, b]}`)
  assert.deepEqual(at(500, 100), [87, 87, 87])
})

test('the lines run around the evidence, of each of two maps that are drawn one after the other, and again', async () => {
  const bell = (column: number) => ({
    width: 12,
    height: 8,
    data: Float32Array.from({ length: 96 }, (_, i) =>
      Math.exp(-(((i % 12) - column) ** 2) - (Math.floor(i / 12) - 4) ** 2),
    ),
  })
  const maps = [bell(3), bell(9)]
  for (const index of [0, 1, 0]) {
    const { at } = await pixelsOf(await renderOverlay({ photo, map: maps[index]!, box: [0, 0, 1, 1] }))
    const isLine = ([r, g, b]: number[]) => Math.min(r!, g!, b!) > 200
    const lined = Array.from({ length: 600 }, (_, x) => x).filter((x) => isLine(at(x, 225)))
    const middle = 175 + 300 * index
    assert.ok(
      lined.length >= 2 && lined.every((x) => Math.abs(x - middle) > 10 && Math.abs(x - middle) < 120),
      `${lined}`,
    )
  }
})

test('the box is white on black, in the pixels of the photo', async () => {
  const { at } = await pixelsOf(
    await renderOverlay({ photo: { ...photo }, map: hotCell(0, 0, 0), box: [100, 50, 500, 350], maxSide: 300 }),
  )
  // Drawn at half size: in a 420 pixels wide picture from 60 on.
  assert.deepEqual(at(60 + 50, 100), [255, 255, 255])
  assert.deepEqual(at(60 + 48, 100), [0, 0, 0])
  assert.deepEqual(at(60 + 53, 100), [87, 87, 87])
})

test('a colour photo becomes grey under the map', async () => {
  const data = photo.data.map((_, i) => [200, 100, 50][i % 3]!)
  const { at } = await pixelsOf(
    await renderOverlay({ photo: { ...photo, data }, map: hotCell(6, 4), box: [0, 0, 9, 9] }),
  )
  const [r, g, b] = at(550, 350)
  assert.ok(r === g && g === b)
})

test('with a common scale the same value has the same colour in two pictures', async () => {
  const yellow = (value: number, scaleMax?: number) =>
    renderOverlay({ photo, map: hotCell(6, 4, value), box: [0, 0, 9, 9], ...(scaleMax ? { scaleMax } : {}) })
      .then(pixelsOf)
      .then(({ at }) => at(325, 225))
  assert.deepEqual(await yellow(1), await yellow(2))
  assert.notDeepEqual(await yellow(1, 4), await yellow(2, 4))
})

test('the same input gives the same bytes, from a file or decoded, as PNG, WebP and JPEG', async () => {
  const input = { photo: gradient(80, 60), map: hotCell(3, 3), box: [5, 5, 40, 40], label: 'a 0.5' } as const
  const once = await renderOverlay({ ...input, box: [...input.box] })
  assert.deepEqual(await renderOverlay({ ...input, box: [...input.box] }), once)
  const file = await picture(80, 60).png().toBuffer()
  assert.deepEqual(await renderOverlay({ ...input, box: [...input.box], photo: file }), once)
  for (const format of ['png', 'webp', 'jpeg'] as const) {
    const bytes = await renderOverlay({ ...input, box: [...input.box], format })
    assert.equal((await sharp(bytes).metadata()).format, format)
  }
})

test('maps without evidence, of one cell, negative or constant are drawn, and the legend grows with what it says', async () => {
  const heightOf = async (values: number[], colours: 'evidence' | 'signed' = 'evidence') => {
    const map = { width: values.length, height: 1, data: Float32Array.from(values) }
    return (await sharp(await renderOverlay({ photo, map, box: [0, 0, 9, 9], colours })).metadata()).height
  }
  assert.ok((await heightOf([0, 0])) < (await heightOf([1, 0])))
  for (const values of [[1], [-1, -2], [3, 3, 3]]) {
    assert.ok((await heightOf(values)) > 400)
    assert.ok((await heightOf(values, 'signed')) > 400)
  }
})

test('a map that does not fill its size, or is not finite, is a mistake of the caller', async () => {
  const map = { width: 2, height: 2, data: Float32Array.of(1, 2, 3) }
  await assert.rejects(renderOverlay({ photo, map, box: [0, 0, 1, 1] }), RangeError)
  const nan = { width: 1, height: 1, data: Float32Array.of(Number.NaN) }
  await assert.rejects(renderOverlay({ photo, map: nan, box: [0, 0, 1, 1] }), RangeError)
})

test('a photo of one pixel, and a hair-thin one, are drawn', async () => {
  for (const [width, height] of [
    [1, 1],
    [3000, 1],
    [1, 3000],
  ] as const) {
    const thin = { width, height, data: new Uint8Array(width * height * 3) }
    assert.ok((await renderOverlay({ photo: thin, map: hotCell(1, 1), box: [0, 0, 1, 1] })).length > 0)
    assert.ok((await renderBoxes(thin, [[0, 0, 1, 1]])).length > 0)
  }
})

test('labels are shown as they are: markup, control characters and overrides have no effect', async () => {
  assert.equal(printable('a\u001b[31m\u202eb\u0000\ud800'), 'a\\u{1b}[31m\\u{202e}b\\u{0}\\u{d800}')
  assert.equal(printable('  '), '(empty)')
  const size = { sizePx: 14 }
  const plain = await drawText('<b>x</b>', size)
  const wider = await drawText('x', size)
  assert.ok(plain.width > wider.width * 3, 'the tags are drawn')
  for (const text of ['&amp;', '<span', '\u0000', '%s', '"\'', '船'.repeat(300), '']) await drawText(text, size)
})

test('text fits the room it has', async () => {
  const { width } = await drawText('a very long class name '.repeat(20), { sizePx: 14, maxWidth: 200 })
  assert.ok(width <= 200 && width > 120, `${width} pixels`)
})

test('boxes are drawn in their place, with their number inside the picture', async () => {
  const plain = await pixelsOf(await renderBoxes(photo, [], { format: 'png' }))
  const { at, data, width, height } = await pixelsOf(
    await renderBoxes(
      photo,
      [
        [100, 100, 300, 200],
        [590, 0, 600, 8],
      ],
      { format: 'png' },
    ),
  )
  assert.deepEqual([width, height], [600, 400])
  assert.notDeepEqual(at(200, 100), [128, 128, 128])
  assert.deepEqual(at(200, 150), [128, 128, 128])
  assert.deepEqual(at(50, 300), [128, 128, 128])
  assert.ok(difference(plain.data, data) > 0)
})

test('a thumbnail keeps the shape, is never enlarged and carries no metadata', async () => {
  const file = await picture(84, 42)
    .withMetadata({ orientation: 6, exif: { IFD0: { Artist: 'me' } } })
    .jpeg()
    .toBuffer()
  const small = await sharp(await renderThumbnail(file, 40)).metadata()
  assert.deepEqual([small.width, small.height, small.format, small.exif], [20, 40, 'webp', undefined])
  const large = await sharp(await renderThumbnail(file, 500, { format: 'jpeg' })).metadata()
  assert.deepEqual([large.width, large.height, large.format], [42, 84, 'jpeg'])
})

/** 64 × 64 cells: a bell of evidence, and on it what `noise` makes of a cell's number. */
function bell(noise: (i: number) => number) {
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => {
    const [x, y] = [(i % 64) - 32, Math.floor(i / 64) - 32]
    return Math.exp(-(x * x + y * y) / 200) * noise(i)
  })
  return { width: 64, height: 64, data }
}

test('the lines of a map that is smooth are its own; those of one that falls to pieces are of the smoothed map', () => {
  const smooth = evidenceLines(bell(() => 1))
  assert.deepEqual([smooth.smoothed, smooth.lines.map(({ rings }) => rings.length)], [false, [1, 1, 1]])
  const rough = evidenceLines(bell((i) => (Math.imul(i + 1, 2654435761) >>> 24 < 64 ? 1 : -0.3)))
  assert.equal(rough.smoothed, true)
  assert.ok(rough.lines.length === 3 && rough.lines.every(({ rings }) => rings.length <= 20))
  const xs = (line: (typeof rough.lines)[number]) => line.rings.flat().map(([x]) => x)
  assert.ok(Math.min(...xs(rough.lines[0]!)) > 12 && Math.max(...xs(rough.lines[0]!)) < 52, 'around the bell')
})

test('evidence that is all over the place gets no lines, which is not the same as no evidence', () => {
  const dots = Float32Array.from({ length: 160 * 160 }, (_, i) =>
    (i % 160) % 27 === 13 && Math.floor(i / 160) % 27 === 13 ? 1 + ((i * 7) % 13) / 100 : 0,
  )
  assert.deepEqual(evidenceLines({ width: 160, height: 160, data: dots }), {
    lines: [],
    smoothed: true,
    scattered: true,
  })
  const none = evidenceLines({ width: 2, height: 1, data: Float32Array.of(0, -1) })
  assert.deepEqual(none, { lines: [], smoothed: false, scattered: false })
})

test('what is written instead of a map stands over the photo, without colours, lines or a scale', async () => {
  const map = hotCell(6, 4, 0)
  const label = 'boat 0.50'
  const instead = 'No map\nThe class probability is saturated (slope 2e-7): its gradient is rounding.'
  const words = await pixelsOf(await renderOverlay({ photo, map, box: [10, 10, 60, 60], label, instead }))
  const none = await pixelsOf(await renderOverlay({ photo, map, box: [10, 10, 60, 60], label }))
  assert.ok(words.height < none.height, 'a label alone')
  assert.deepEqual(words.at(580, 20), [87, 87, 87])
  const middle = Array.from({ length: 300 }, (_, i) => words.at(150 + i, 200)[0]!)
  assert.ok(Math.min(...middle) < 30 && Math.max(...middle) > 200, 'white on dark')
  assert.ok(Array.from({ length: 300 }, (_, i) => none.at(150 + i, 200)[0]!).every((value) => value === 87))
})

test('words of any length and kind fit into a picture of any size', async () => {
  for (const instead of ['x'.repeat(500), 'a b '.repeat(300), '', '\n\n', '<b>&\u0000']) {
    for (const size of [
      { width: 600, height: 400 },
      { width: 900, height: 9 },
    ]) {
      const flat = { ...size, data: new Uint8Array(size.width * size.height * 3) }
      await renderOverlay({ photo: flat, map: hotCell(0, 0, 0), box: [0, 0, 9, 9], instead })
    }
  }
})

test('a caution stands in a strip of its own under the photo, and hides nothing of it', async () => {
  const input = { photo, map: hotCell(6, 4), box: [10, 10, 60, 60] as const, label: 'boat 0.50' }
  const caution = '⚠ Doubtful: unstable (0.31)\nThe maps of two halves of the run correlate by 0.31.'
  const plain = await pixelsOf(await renderOverlay({ ...input, box: [...input.box] }))
  const told = await pixelsOf(await renderOverlay({ ...input, box: [...input.box], caution }))
  assert.ok(told.height > plain.height + 20)
  assert.deepEqual(told.data.subarray(0, 600 * 400 * 3), plain.data.subarray(0, 600 * 400 * 3))
  assert.deepEqual(told.at(598, 402), [255, 202, 122])
  for (const words of ['x'.repeat(500), 'a b '.repeat(300), '', '\n\n', '<b>&\u0000']) {
    const strip = await pixelsOf(await renderOverlay({ ...input, box: [...input.box], caution: words }))
    assert.ok(strip.height < plain.height + 120, 'cut after some rows')
  }
})

test('cells whose interval includes 0 are striped, others are as they were', async () => {
  const map = hotCell(6, 4)
  map.data[4 * 12 + 2] = 1
  const halfWidths = new Float32Array(96).fill(0.1)
  halfWidths[4 * 12 + 2] = 1
  const input = { photo, map, box: [0, 0, 5, 5] as [number, number, number, number], label: 'boat' }
  const plain = await pixelsOf(await renderOverlay(input))
  const striped = await pixelsOf(await renderOverlay({ ...input, halfWidths }))
  const across = (picture: typeof plain, from: number) =>
    Array.from({ length: 20 }, (_, i) => picture.at(from + i, 225))
  assert.deepEqual(across(striped, 315), across(plain, 315), 'a sure cell')
  const bare = across(striped, 115).filter(([r, g, b]) => r === 87 && g === 87 && b === 87).length
  assert.equal(bare, 10, 'every other five pixels')
  assert.ok(striped.height >= plain.height, 'the legend says it')
  await assert.rejects(renderOverlay({ ...input, halfWidths: new Float32Array(95) }), RangeError)
})
