import { type DecodedImage, type DecodeLimits, decodeImage } from './decode.ts'
import { sharp } from './vips.ts'

/** A file's bytes, or what `decodeImage` made of them. */
export type Photo = Uint8Array | DecodedImage

export type PictureFormat = 'png' | 'webp' | 'jpeg'

/** Of overlays, 8 takes twice the time and saves 2 % of the bytes. */
const PNG_LEVEL = 3
/** Of overlays, 4 takes twice the time and saves 2 % of the bytes. */
const WEBP_EFFORT = 2

export async function openPhoto(photo: Photo, limits?: DecodeLimits): Promise<DecodedImage> {
  return photo instanceof Uint8Array ? decodeImage(photo, limits) : photo
}

export const rawPipeline = ({ data, width, height }: DecodedImage) =>
  sharp(data, { raw: { width, height, channels: 3 } })

/** Shrinks or enlarges to the given size, for the eye: not how the network's input is made. */
export async function resizePhoto(image: DecodedImage, width: number, height: number): Promise<DecodedImage> {
  if (image.width === width && image.height === height) return image
  return { width, height, data: await rawPipeline(image).resize(width, height, { fit: 'fill' }).raw().toBuffer() }
}

/** The size that a photo is drawn at: its longer side within the limits, its shape kept to the pixel. */
export function drawnSize({ width, height }: DecodedImage, minSide: number, maxSide: number) {
  const side = Math.max(width, height)
  const scale = Math.min(Math.max(side, minSide), maxSide) / side
  const drawn = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
  return { ...drawn, scaleX: drawn.width / width, scaleY: drawn.height / height }
}

export async function encodePicture(pipeline: ReturnType<typeof sharp>, format: PictureFormat): Promise<Uint8Array> {
  const opaque = pipeline.removeAlpha()
  if (format === 'png') return opaque.png({ compressionLevel: PNG_LEVEL }).toBuffer()
  if (format === 'webp') return opaque.webp({ quality: 82, effort: WEBP_EFFORT }).toBuffer()
  return opaque.jpeg({ quality: 82 }).toBuffer()
}

/**
 * A small copy that is safe to show: encoded anew, without the original's metadata.
 * @param side of the longer side in pixels; smaller photos keep their size
 * @throws InputError as `decodeImage`
 */
export async function renderThumbnail(
  photo: Photo,
  side: number,
  options: { readonly format?: PictureFormat; readonly limits?: DecodeLimits } = {},
): Promise<Uint8Array> {
  const image = await openPhoto(photo, options.limits)
  const { width, height } = drawnSize(image, 1, side)
  return encodePicture(rawPipeline(await resizePhoto(image, width, height)), options.format ?? 'webp')
}
