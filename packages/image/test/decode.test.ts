import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { isFanlightError } from '@fanlight/ports'
import sharp from 'sharp'
import { decodeImage } from '../src/index.ts'
import { difference, gradient, picture, plain } from './pictures.ts'

const refuses = (bytes: Uint8Array, code: string, message: RegExp) =>
  assert.rejects(decodeImage(bytes), (error) => {
    assert.ok(isFanlightError(error))
    assert.equal(error.code, code)
    assert.equal(error.retry, 'never')
    assert.match(error.message, message)
    return true
  })

const pixel = (image: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...image.data.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
]

const formats: Record<string, { bytes: Promise<Buffer>; within: number }> = {
  JPEG: { bytes: picture().jpeg({ quality: 95 }).toBuffer(), within: 24 },
  'progressive JPEG': { bytes: picture().jpeg({ quality: 95, progressive: true }).toBuffer(), within: 24 },
  PNG: { bytes: picture().png().toBuffer(), within: 0 },
  WebP: { bytes: picture().webp({ lossless: true }).toBuffer(), within: 0 },
  AVIF: { bytes: picture().avif({ lossless: true }).toBuffer(), within: 24 },
  TIFF: { bytes: picture().tiff({ compression: 'lzw' }).toBuffer(), within: 0 },
  GIF: { bytes: picture().gif({ dither: 0 }).toBuffer(), within: 32 },
}

for (const [name, { bytes, within }] of Object.entries(formats)) {
  test(`${name} is read whole`, async () => {
    const image = await decodeImage(await bytes)
    assert.deepEqual([image.width, image.height, image.data.length], [64, 48, 64 * 48 * 3])
    const worst = difference(image.data, gradient(64, 48).data)
    assert.ok(worst <= within, `differs by ${worst}`)
  })

  test(`${name} that is cut off is refused, wherever the cut`, async () => {
    const whole = await bytes
    for (const share of [0.3, 0.6, 0.9]) {
      await refuses(whole.subarray(0, Math.floor(whole.length * share)), 'IMAGE_UNREADABLE', /cut off.*again$/)
    }
  })
}

test('a damaged PNG is refused', async () => {
  const bytes = await picture().png().toBuffer()
  bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 20)
  await refuses(bytes, 'IMAGE_UNREADABLE', /damaged/)
})

// EXIF 2.3, tag 274: where the pixel (x, y) of the upright picture of w × h lies in the stored one.
const stored: Record<number, (x: number, y: number, w: number, h: number) => [number, number]> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, w) => [y, w - 1 - x],
  7: (x, y, w, h) => [h - 1 - y, w - 1 - x],
  8: (x, y, _, h) => [h - 1 - y, x],
}

for (const [orientation, source] of Object.entries(stored)) {
  test(`EXIF orientation ${orientation} is applied`, async () => {
    const bytes = await picture(64, 48)
      .withMetadata({ orientation: Number(orientation) })
      .png()
      .toBuffer()
    const image = await decodeImage(bytes)
    const [width, height] = Number(orientation) < 5 ? [64, 48] : [48, 64]
    assert.deepEqual([image.width, image.height], [width, height])
    for (const [x, y] of [
      [0, 0],
      [5, 2],
      [width - 1, 7],
    ] as const) {
      const [sx, sy] = source(x, y, width, height)
      assert.deepEqual(pixel(image, x, y), [sx * 3, sy * 3, 128])
    }
  })
}

test('CMYK becomes sRGB, in JPEG and in TIFF', async () => {
  for (const pipeline of [
    picture().toColourspace('cmyk').jpeg({ quality: 100 }),
    picture().toColourspace('cmyk').tiff({ compression: 'none' }),
  ]) {
    const bytes = await pipeline.toBuffer()
    assert.equal((await sharp(bytes).metadata()).space, 'cmyk')
    const worst = difference((await decodeImage(bytes)).data, gradient(64, 48).data)
    assert.ok(worst <= 60, `differs by ${worst}: CMYK has fewer colours, but not that few`)
  }
})

test('16 bits a channel become 8, in colour and in grey', async () => {
  const colour = await picture().toColourspace('rgb16').png().toBuffer()
  assert.equal((await sharp(colour).metadata()).depth, 'ushort')
  assert.ok(difference((await decodeImage(colour)).data, gradient(64, 48).data) <= 1)

  const grey = await sharp(Uint16Array.of(0, 32768, 65535), { raw: { width: 3, height: 1, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  assert.deepEqual([...(await decodeImage(grey)).data], [0, 0, 0, 128, 128, 128, 255, 255, 255])
})

test('grey becomes three equal channels', async () => {
  for (const pipeline of [picture().greyscale().png(), picture().greyscale().jpeg()]) {
    const image = await decodeImage(await pipeline.toBuffer())
    assert.equal(image.data.length, 64 * 48 * 3)
    const [r, g, b] = pixel(image, 50, 20)
    assert.ok(r === g && g === b && r! > 50)
  }
})

test('alpha is flattened over white, also in 16 bits and in a palette', async () => {
  const half = plain(8, 8, { r: 0, g: 100, b: 200, alpha: 0.5 })
  for (const bytes of [
    await half.clone().png().toBuffer(),
    await half.clone().toColourspace('rgb16').png().toBuffer(),
    await half.clone().png({ palette: true }).toBuffer(),
    await half.clone().webp({ lossless: true }).toBuffer(),
  ]) {
    const [r, g, b] = pixel(await decodeImage(bytes), 3, 3)
    assert.ok(Math.abs(r! - 127) <= 2 && Math.abs(g! - 177) <= 2 && Math.abs(b! - 227) <= 2, `${[r, g, b]}`)
  }
})

test('an ICC profile is applied', async () => {
  const bytes = await plain(4, 4, '#80c040').removeAlpha().withIccProfile('p3').png().toBuffer()
  const numbers = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer()
  assert.ok(difference(numbers.subarray(0, 3), Buffer.from('80c040', 'hex')) > 5, 'the file holds Display P3 numbers')
  const image = await decodeImage(bytes)
  assert.ok(difference(image.data.subarray(0, 3), Buffer.from('80c040', 'hex')) <= 2, `${pixel(image, 0, 0)}`)
})

test('of a GIF with several frames the first is read', async () => {
  const frames = Buffer.concat(
    await Promise.all(['#ff0000', '#00ff00', '#0000ff'].map((c) => plain(16, 16, c).removeAlpha().raw().toBuffer())),
  )
  const bytes = await sharp(frames, { raw: { width: 16, height: 48, channels: 3, pageHeight: 16 } })
    .gif()
    .toBuffer()
  assert.equal((await sharp(bytes).metadata()).pages, 3)
  const image = await decodeImage(bytes)
  assert.deepEqual([image.width, image.height, ...pixel(image, 8, 8)], [16, 16, 255, 0, 0])
})

test('a PNG bomb of 20,000 × 20,000 is refused by its header', async () => {
  // The true header of such a file: nothing behind it is read before the answer.
  const small = await plain(1, 1, '#fff').png().toBuffer()
  const bomb = Buffer.from(small)
  bomb.writeUInt32BE(20_000, 16)
  bomb.writeUInt32BE(20_000, 20)
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29)
  await refuses(bomb, 'IMAGE_TOO_LARGE', /20000 × 20000 = 400 megapixels.*limit is 40.*maxPixels/)
})

test('the limits are settings', async () => {
  const bytes = await picture(64, 48).png().toBuffer()
  await assert.rejects(decodeImage(bytes, { maxPixels: 3071, maxBytes: 1e6 }), { code: 'IMAGE_TOO_LARGE' })
  await assert.rejects(decodeImage(bytes, { maxPixels: 3072, maxBytes: 100 }), { code: 'IMAGE_TOO_LARGE' })
  assert.equal((await decodeImage(bytes, { maxPixels: 3072, maxBytes: 1e6 })).width, 64)
})

test('a JPEG with hundreds of scans is refused without decoding it', async () => {
  const bytes = await picture().jpeg({ progressive: true }).toBuffer()
  const lastScan = bytes.subarray(bytes.lastIndexOf(Buffer.from([0xff, 0xda])), -2)
  const slow = Buffer.concat([bytes.subarray(0, -2), ...Array<Buffer>(200).fill(lastScan), bytes.subarray(-2)])
  await refuses(slow, 'IMAGE_UNSUPPORTED', /more than 100 scans/)
})

test('arithmetic-coded and lossless JPEGs are refused: they would decode to rubbish', async () => {
  const bytes = await picture().jpeg().toBuffer()
  const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]))
  for (const [marker, name] of [
    [0xc9, /arithmetic/],
    [0xca, /arithmetic/],
    [0xc3, /lossless/],
  ] as const) {
    const changed = Buffer.from(bytes)
    changed[frame + 1] = marker
    await refuses(changed, 'IMAGE_UNSUPPORTED', name)
  }
})

test('files of other formats are refused by what they are, not by their name', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>'
  await refuses(Buffer.from(svg), 'IMAGE_UNSUPPORTED', /SVG/)
  await refuses(Buffer.from(`\ufeff\n<?xml version="1.0"?><!-- a -->\n${svg}`), 'IMAGE_UNSUPPORTED', /SVG/)
  await refuses(Buffer.from('<!doctype html><title>404</title>'), 'IMAGE_UNSUPPORTED', /HTML/)
  await refuses(Buffer.from('%PDF-1.7\n'), 'IMAGE_UNSUPPORTED', /PDF/)
  await refuses(Buffer.from('\0\0\0\x18ftypheic', 'latin1'), 'IMAGE_UNSUPPORTED', /HEIC/)
  await refuses(Buffer.from('PK\x03\x04'), 'IMAGE_UNSUPPORTED', /ZIP/)
})

test('what is no picture at all is unreadable, and its bytes are shown as hex', async () => {
  await refuses(new Uint8Array(), 'IMAGE_UNREADABLE', /empty/)
  await refuses(Buffer.from('\x1b[31mhello'), 'IMAGE_UNREADABLE', /1b5b33316d68656c/)
  await refuses(Buffer.from([0xff, 0xd8, 0xff]), 'IMAGE_UNREADABLE', /JPEG/)
  await refuses(
    Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(99)]),
    'IMAGE_UNREADABLE',
    /PNG/,
  )
})

test('a real photo keeps its size', async (t) => {
  let bytes: Buffer
  try {
    bytes = readFileSync(new URL('../../../../shared/fixtures/photos/000000000285.jpg', import.meta.url))
  } catch {
    return t.skip('photo fixtures absent')
  }
  const image = await decodeImage(bytes)
  assert.deepEqual([image.width, image.height], [586, 640])
})
