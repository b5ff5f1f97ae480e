import { InputError } from '@fanlight/ports'
import type { DecodedImage } from './decode.ts'

/**
 * Windows bitmaps with 1, 4, 8, 16, 24 or 32 bits a pixel, BI_RGB or BI_BITFIELDS, top-down or bottom-up; libvips
 * reads none, and bmp-js ignores where the header says that the pixels start. Alpha is ignored: most writers leave it 0.
 * https://learn.microsoft.com/windows/win32/gdi/bitmap-structures
 */
interface BmpHeader {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly pixels: number
  readonly stride: number
  /** Where the palette's entries start, their size in bytes and their number. */
  readonly palette: { readonly at: number; readonly entry: number; readonly count: number }
  /** Of red, green and blue in a pixel of 16 or 32 bits. */
  readonly masks: readonly [number, number, number]
}

const CORE_HEADER_BYTES = 12
const BI_RGB = 0
const BI_BITFIELDS = 3
const BI_ALPHABITFIELDS = 6

/**
 * Reads the header, and proves that the pixels it promises are there.
 * @throws InputError `IMAGE_UNSUPPORTED` for compressed bitmaps, `IMAGE_UNREADABLE` for impossible or cut-off ones
 */
export function bmpHeader(bytes: Uint8Array): BmpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < 14 + CORE_HEADER_BYTES) throw cutOff()
  const size = view.getUint32(14, true)
  const core = size === CORE_HEADER_BYTES
  if (!core && (size < 40 || size > 124)) throw corrupt(`an unknown header of ${size} bytes`)
  if (bytes.byteLength < 14 + size) throw cutOff()
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true)
  const signedHeight = core ? view.getUint16(20, true) : view.getInt32(22, true)
  const height = Math.abs(signedHeight)
  const bits = view.getUint16(core ? 24 : 28, true)
  const compression = core ? BI_RGB : view.getUint32(30, true)
  if (width <= 0 || height === 0) throw corrupt(`a size of ${width} × ${signedHeight} pixels`)
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw corrupt(`${bits} bits a pixel`)
  const bitFields = compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS
  if (compression !== BI_RGB && !(bitFields && bits >= 16 && bits !== 24)) {
    throw new InputError('IMAGE_UNSUPPORTED', `the BMP is compressed (method ${compression}): save it as PNG`)
  }
  // A 40-byte header is followed by the masks; the longer ones hold them at the same place.
  const masksEnd = bitFields ? 14 + 40 + 12 : 0
  if (masksEnd > bytes.byteLength) throw cutOff()
  const colours = bits <= 8 ? (core ? 0 : view.getUint32(46, true)) || 2 ** bits : 0
  const palette = { at: Math.max(14 + size, masksEnd), entry: core ? 3 : 4, count: Math.min(colours, 2 ** bits) }
  const pixels = view.getUint32(10, true)
  const stride = Math.ceil((width * bits) / 32) * 4
  if (pixels < palette.at + palette.count * palette.entry) throw corrupt('pixels that start inside the header')
  if (pixels + stride * height > bytes.byteLength) throw cutOff()
  const masks: BmpHeader['masks'] = bitFields
    ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
    : bits === 16
      ? [0x7c00, 0x03e0, 0x001f]
      : [0xff0000, 0x00ff00, 0x0000ff]
  return { width, height, topDown: signedHeight < 0, bits, pixels, stride, palette, masks }
}

/** @throws InputError as `bmpHeader` */
export function decodeBmp(bytes: Uint8Array): DecodedImage {
  const header = bmpHeader(bytes)
  const { width, height, topDown, pixels, stride } = header
  const data = new Uint8Array(width * height * 3)
  const readRow = header.bits <= 8 ? paletteReader(bytes, header) : colourReader(bytes, header)
  for (let y = 0; y < height; y++) {
    readRow(pixels + (topDown ? y : height - 1 - y) * stride, data.subarray(y * width * 3, (y + 1) * width * 3))
  }
  return { width, height, data }
}

type RowReader = (from: number, into: Uint8Array) => void

function paletteReader(bytes: Uint8Array, { bits, palette, width }: BmpHeader): RowReader {
  const perByte = 8 / bits
  const mask = 2 ** bits - 1
  return (from, into) => {
    for (let x = 0; x < width; x++) {
      const shift = 8 - bits * ((x % perByte) + 1)
      const index = (bytes[from + Math.floor(x / perByte)]! >> shift) & mask
      if (index >= palette.count) throw corrupt(`colour ${index} of a palette of ${palette.count}`)
      const entry = palette.at + index * palette.entry
      for (let channel = 0; channel < 3; channel++) into[x * 3 + channel] = bytes[entry + 2 - channel]!
    }
  }
}

function colourReader(bytes: Uint8Array, { bits, masks, width }: BmpHeader): RowReader {
  const size = bits / 8
  // A mask without bits leaves its channel black.
  const channels = masks.map((mask) => ({ shift: mask ? 31 - Math.clz32(mask & -mask) : 0, mask }))
  return (from, into) => {
    for (let x = 0; x < width; x++) {
      let pixel = 0
      for (let i = 0; i < size; i++) pixel |= bytes[from + x * size + i]! << (8 * i)
      for (const [channel, { mask, shift }] of channels.entries()) {
        const max = mask >>> shift
        into[x * 3 + channel] = max ? Math.round((((pixel & mask) >>> shift) * 255) / max) : 0
      }
    }
  }
}

const cutOff = () => new InputError('IMAGE_UNREADABLE', 'the BMP is cut off: copy or export it again')
const corrupt = (what: string) =>
  new InputError('IMAGE_UNREADABLE', `the BMP is corrupt (it claims ${what}): export it again`)
