import type { Box } from '@fanlight/contracts'
import { schemeObservable10 } from 'd3-scale-chromatic'
import { layOver, type Part } from './canvas.ts'
import type { DecodeLimits } from './decode.ts'
import {
  drawnSize,
  encodePicture,
  openPhoto,
  type Photo,
  type PictureFormat,
  rawPipeline,
  resizePhoto,
} from './photo.ts'
import { drawSvg } from './svg.ts'
import { drawText } from './text.ts'

const MIN_SIDE = 480

/**
 * The photo with its boxes, numbered from 1 in the order given; the number stands at the box's upper left corner.
 * @param boxes xyxy in pixels of the photo
 * @throws InputError as `decodeImage`
 */
export async function renderBoxes(
  photo: Photo,
  boxes: readonly Box[],
  options: { readonly maxSide?: number; readonly format?: PictureFormat; readonly limits?: DecodeLimits } = {},
): Promise<Uint8Array> {
  const image = await openPhoto(photo, options.limits)
  const { width, height, scaleX, scaleY } = drawnSize(image, MIN_SIDE, options.maxSide ?? 1024)
  const sizePx = Math.round(Math.min(18, Math.max(11, width / 48)))
  const shapes: string[] = []
  const numbers: Part[] = []
  const areaOf = ([x1, y1, x2, y2]: Box) => (x2 - x1) * (y2 - y1)
  // Small boxes over large ones.
  const falling = [...boxes.entries()].sort(([, a], [, b]) => areaOf(b) - areaOf(a))
  for (const [i, [x1, y1, x2, y2]] of falling) {
    const colour = schemeObservable10[i % schemeObservable10.length]!
    const [left, top] = [x1 * scaleX, y1 * scaleY]
    const rectangle = `<rect x="${left}" y="${top}" width="${(x2 - x1) * scaleX}" height="${(y2 - y1) * scaleY}"`
    shapes.push(`${rectangle} stroke="#000" stroke-width="5"/>${rectangle} stroke="${colour}" stroke-width="2.5"/>`)
    const number = await drawText(String(i + 1), { sizePx, weight: 'bold' })
    const [badgeWidth, badgeHeight] = [number.width + 6, number.height + 2]
    // A hair-thin photo has no room for numbers.
    if (badgeWidth > width || badgeHeight > height) continue
    const badgeLeft = Math.round(Math.min(Math.max(0, left - 2), width - badgeWidth))
    const badgeTop = Math.round(Math.min(Math.max(0, top - badgeHeight), height - badgeHeight))
    const at = `x="${badgeLeft}" y="${badgeTop}" width="${badgeWidth}" height="${badgeHeight}"`
    shapes.push(`<rect ${at} fill="#000" stroke="${colour}" stroke-width="1.5"/>`)
    numbers.push({ layer: number, left: badgeLeft + 3, top: badgeTop + 1 })
  }
  const lines = await drawSvg(width, height, shapes.join(''))
  const resized = await resizePhoto(image, width, height)
  // The photo's own pixels stay as they are.
  const picture = { width, height, data: Uint8Array.from(resized.data) }
  for (const part of [{ layer: lines, left: 0, top: 0 }, ...numbers]) layOver(picture, part)
  return encodePicture(rawPipeline(picture), options.format ?? 'webp')
}
