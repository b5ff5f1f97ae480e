import { InputError } from '@fanlight/ports'
import { bmpHeader, decodeBmp } from './bmp.ts'
import { formatOf, type ImageFormat } from './format.ts'
import { checkJpeg } from './jpeg.ts'
import { sharp } from './vips.ts'

/** A photo as a person sees it: upright, sRGB, no alpha. */
export interface DecodedImage {
  readonly width: number
  readonly height: number
  /** RGB, 8 bits a channel, row-major from the top: width · height · 3 values. */
  readonly data: Uint8Array
}

export interface DecodeLimits {
  /** Width × height. */
  readonly maxPixels: number
  /** Of the file. */
  readonly maxBytes: number
}

export const defaultDecodeLimits: DecodeLimits = { maxPixels: 40_000_000, maxBytes: 128 * 1024 * 1024 }

/**
 * Transparent pixels show white: what browsers and viewers put there. The colour stored beneath them, which tools
 * that drop alpha would show, depends on the program that wrote the file.
 */
const BACKGROUND = { r: 255, g: 255, b: 255 }

/** The names that libvips gives to what was sniffed. */
const VIPS_FORMATS: Readonly<Record<Exclude<ImageFormat, 'BMP'>, string>> = {
  JPEG: 'jpeg',
  PNG: 'png',
  WebP: 'webp',
  AVIF: 'heif',
  TIFF: 'tiff',
  GIF: 'gif',
}

/**
 * Decodes JPEG, PNG, WebP, AVIF, TIFF, GIF and BMP; of several frames or pages the first. EXIF orientation and ICC
 * profiles are applied; CMYK, grey and 16-bit pictures become 8-bit sRGB; alpha is flattened over white.
 * Sizes are checked from the header, before anything is decoded. A file that is cut off or corrupt is an error: half
 * a photo would be explained as if it were whole.
 * @throws InputError `IMAGE_TOO_LARGE`, `IMAGE_UNSUPPORTED`, `IMAGE_UNREADABLE`
 */
export async function decodeImage(
  bytes: Uint8Array,
  limits: DecodeLimits = defaultDecodeLimits,
): Promise<DecodedImage> {
  if (bytes.byteLength > limits.maxBytes) {
    throw new InputError(
      'IMAGE_TOO_LARGE',
      `the file has ${bytes.byteLength} bytes, the limit is ${limits.maxBytes}: shrink it, or raise maxBytes`,
    )
  }
  const format = formatOf(bytes)
  if (format === 'BMP') {
    checkSize(bmpHeader(bytes), limits)
    return decodeBmp(bytes)
  }
  if (format === 'JPEG') checkJpeg(bytes)
  await checkHeader(bytes, format, limits)
  return decodePixels(bytes, format, limits)
}

async function checkHeader(bytes: Uint8Array, format: Exclude<ImageFormat, 'BMP'>, limits: DecodeLimits) {
  let header: Awaited<ReturnType<ReturnType<typeof sharp>['metadata']>>
  try {
    header = await sharp(bytes, { limitInputPixels: false }).metadata()
  } catch (error) {
    throw unreadable(format, error)
  }
  if (header.format !== VIPS_FORMATS[format]) {
    throw new InputError('IMAGE_UNREADABLE', `the file starts like ${format} but is ${header.format}: export it again`)
  }
  checkSize(header, limits)
}

function checkSize({ width, height }: { width: number; height: number }, { maxPixels }: DecodeLimits) {
  if (width * height <= maxPixels) return
  throw new InputError(
    'IMAGE_TOO_LARGE',
    `the picture has ${width} × ${height} = ${(width * height) / 1e6} megapixels, the limit is ${maxPixels / 1e6}: shrink it, or raise maxPixels`,
  )
}

async function decodePixels(bytes: Uint8Array, format: ImageFormat, limits: DecodeLimits): Promise<DecodedImage> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'warning', limitInputPixels: limits.maxPixels, pages: 1 })
      .autoOrient()
      .flatten({ background: BACKGROUND })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) throw new Error(`${info.channels} channels after conversion to sRGB`)
    return { width: info.width, height: info.height, data }
  } catch (error) {
    throw unreadable(format, error)
  }
}

function unreadable(format: ImageFormat, error: unknown): InputError {
  const said = (error instanceof Error ? error.message : String(error))
    .replace(/source: bad seek to \d+/g, '')
    .replace(/\s+/g, ' ')
    .slice(0, 200)
  const what = /premature|unexpected end/i.test(said) ? 'cut off' : 'cut off or damaged'
  const message = `the ${format} is ${what} (libvips: ${said.trim()}): copy or export it again`
  return new InputError('IMAGE_UNREADABLE', message, { cause: error })
}
