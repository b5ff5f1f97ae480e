import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeImage } from '../src/index.ts'

interface Bitmap {
  readonly bits: number
  readonly rows: readonly (readonly number[])[]
  readonly width?: number
  readonly topDown?: boolean
  readonly headerBytes?: number
  readonly palette?: readonly (readonly [number, number, number])[]
  readonly masks?: readonly [number, number, number]
  readonly compression?: number
  /** Unused bytes between header and pixels, as some writers leave. */
  readonly gap?: number
}

/** Rows as stored: little-endian pixel values for 16 to 32 bits, bytes otherwise. */
function bitmap({ bits, rows, width, topDown, headerBytes = 40, palette = [], masks, compression, gap = 0 }: Bitmap) {
  const core = headerBytes === 12
  const entry = core ? 3 : 4
  const masksBytes = masks && headerBytes === 40 ? 12 : 0
  const pixelsAt = 14 + headerBytes + masksBytes + palette.length * entry + gap
  const w = width ?? rows[0]!.length
  const stride = Math.ceil((w * bits) / 32) * 4
  const file = Buffer.alloc(pixelsAt + stride * rows.length)
  file.write('BM')
  file.writeUInt32LE(file.length, 2)
  file.writeUInt32LE(pixelsAt, 10)
  file.writeUInt32LE(headerBytes, 14)
  if (core) {
    file.writeUInt16LE(w, 18)
    file.writeUInt16LE(rows.length, 20)
    file.writeUInt16LE(bits, 24)
  } else {
    file.writeInt32LE(w, 18)
    file.writeInt32LE(topDown ? -rows.length : rows.length, 22)
    file.writeUInt16LE(bits, 28)
    file.writeUInt32LE(compression ?? (masks ? 3 : 0), 30)
    file.writeUInt32LE(palette.length, 46)
    for (const [i, mask] of (masks ?? []).entries()) file.writeUInt32LE(mask >>> 0, 54 + i * 4)
  }
  for (const [i, [r, g, b]] of palette.entries()) file.set([b, g, r], 14 + headerBytes + masksBytes + i * entry)
  const size = bits <= 8 ? 1 : bits / 8
  for (const [y, row] of rows.entries()) {
    const at = pixelsAt + (topDown ? y : rows.length - 1 - y) * stride
    for (const [x, value] of row.entries()) file.writeUIntLE(value >>> 0, at + x * size, size)
  }
  return file
}

const RED = [255, 0, 0] as const
const GREEN = [0, 255, 0] as const
const BLUE = [0, 0, 255] as const
const WHITE = [255, 255, 255] as const
// Three columns, so that rows are padded; two rows, so that the order shows.
const expected = [RED, GREEN, BLUE, WHITE, RED, GREEN].flat()
const full = [
  [0xff0000, 0x00ff00, 0x0000ff],
  [0xffffff, 0xff0000, 0x00ff00],
]
const palette = [RED, GREEN, BLUE, WHITE]
const indices = [
  [0, 1, 2],
  [3, 0, 1],
]

const variants: Record<string, Bitmap> = {
  '24 bits': { bits: 24, rows: full },
  '24 bits, top-down': { bits: 24, rows: full, topDown: true },
  '24 bits with the OS/2 header': { bits: 24, rows: full, headerBytes: 12 },
  '24 bits with the V5 header': { bits: 24, rows: full, headerBytes: 124 },
  '24 bits with a gap before the pixels': { bits: 24, rows: full, gap: 10 },
  '32 bits, alpha ignored': { bits: 32, rows: full },
  '32 bits with masks behind the header': {
    bits: 32,
    rows: full.map((row) => row.map((v) => (v << 8) >>> 0)),
    masks: [0xff000000, 0xff0000, 0xff00],
  },
  '32 bits with masks in the V4 header': { bits: 32, rows: full, headerBytes: 108, masks: [0xff0000, 0xff00, 0xff] },
  '16 bits as 5-5-5': {
    bits: 16,
    rows: [
      [0x7c00, 0x03e0, 0x001f],
      [0x7fff, 0x7c00, 0x03e0],
    ],
  },
  '16 bits as 5-6-5': {
    bits: 16,
    rows: [
      [0xf800, 0x07e0, 0x001f],
      [0xffff, 0xf800, 0x07e0],
    ],
    masks: [0xf800, 0x07e0, 0x001f],
  },
  '8 bits with a short palette': { bits: 8, rows: indices, palette },
  '4 bits': {
    bits: 4,
    width: 3,
    rows: [
      [0x01, 0x20],
      [0x30, 0x10],
    ],
    palette,
  },
}

for (const [name, description] of Object.entries(variants)) {
  test(`BMP, ${name}, is read`, async () => {
    const image = await decodeImage(bitmap(description))
    assert.deepEqual([image.width, image.height], [3, 2])
    assert.deepEqual([...image.data], expected)
  })
}

test('BMP with 1 bit is read over more than a byte', async () => {
  const image = await decodeImage(
    bitmap({ bits: 1, width: 10, rows: [[0b10000001, 0b01000000]], palette: [RED, BLUE] }),
  )
  const blue = Array.from({ length: 10 }, (_, x) => image.data[x * 3 + 2])
  assert.deepEqual(blue, [255, 0, 0, 0, 0, 0, 0, 255, 0, 255])
})

test('hostile and cut-off BMPs are refused', async () => {
  const good = bitmap({ bits: 24, rows: full })
  const changed = (change: (file: Buffer) => void) => {
    const file = Buffer.from(good)
    change(file)
    return file
  }
  const refused: [string, Buffer][] = [
    ['IMAGE_UNREADABLE', good.subarray(0, 20)],
    ['IMAGE_UNREADABLE', good.subarray(0, good.length - 1)],
    ['IMAGE_UNREADABLE', changed((f) => f.writeInt32LE(0, 18))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeInt32LE(-3, 18))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeInt32LE(-(2 ** 31), 22))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeInt32LE(2 ** 31 - 1, 18))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeUInt16LE(7, 28))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeUInt32LE(0, 10))],
    ['IMAGE_UNREADABLE', changed((f) => f.writeUInt32LE(0xffffffff, 14))],
    ['IMAGE_UNREADABLE', bitmap({ bits: 8, rows: [[0, 1, 9]], palette })],
    ['IMAGE_UNSUPPORTED', bitmap({ bits: 8, rows: indices, palette, compression: 1 })],
  ]
  for (const [code, file] of refused) await assert.rejects(decodeImage(file), { code })
})

test('a BMP over the limit of pixels is refused', async () => {
  const file = bitmap({ bits: 24, rows: full })
  await assert.rejects(decodeImage(file, { maxPixels: 5, maxBytes: 1e6 }), { code: 'IMAGE_TOO_LARGE' })
})
