import type { Box } from '@fanlight/contracts'
import { canvas, type Layer, layOver, place } from './canvas.ts'
import type { DecodedImage } from './decode.ts'
import { encodePicture, rawPipeline } from './photo.ts'
import { drawSvg } from './svg.ts'
import { drawText } from './text.ts'

/** A small picture with words under it. */
export interface Tile {
  readonly picture: DecodedImage
  /** Lines; each is cut where the tile ends. */
  readonly caption: readonly string[]
  /** Outlined: xyxy in pixels of the picture. */
  readonly box?: Box | undefined
}

const PAPER = [20, 23, 28] as const
const INK = ['#ffffff', '#aab2bf'] as const
const GAP_PX = 8
const TEXT_PX = 11
const LINE_PX = 15

/**
 * Tiles in rows, as one PNG. Pictures keep their pixels; all are given the room of the largest.
 * @param columns tiles in a row, at most
 * @throws Error without tiles
 */
export async function renderTiles(tiles: readonly Tile[], columns: number): Promise<Uint8Array> {
  if (tiles.length === 0) throw new Error('a sheet has at least one tile')
  const across = Math.min(columns, tiles.length)
  const cell = {
    width: Math.max(...tiles.map(({ picture }) => picture.width)) + GAP_PX,
    picture: Math.max(...tiles.map(({ picture }) => picture.height)),
    lines: Math.max(...tiles.map(({ caption }) => caption.length)),
  }
  const height = cell.picture + cell.lines * LINE_PX + GAP_PX
  const rows = Math.ceil(tiles.length / across)
  const sheet = canvas(across * cell.width + GAP_PX, rows * height + GAP_PX, PAPER)
  for (const [at, { picture, caption, box }] of tiles.entries()) {
    const left = GAP_PX + (at % across) * cell.width
    const top = GAP_PX + Math.floor(at / across) * height
    place(sheet, picture, left, top)
    if (box) layOver(sheet, { layer: await outlined(picture, box), left, top })
    for (const [line, text] of caption.entries()) {
      const style = { sizePx: TEXT_PX, colour: INK[Math.min(line, 1)]!, maxWidth: cell.width - GAP_PX }
      layOver(sheet, { layer: await drawText(text, style), left, top: top + picture.height + 2 + line * LINE_PX })
    }
  }
  return encodePicture(rawPipeline(sheet), 'png')
}

/** White on black, to be seen on any colour; what lies outside of the picture is cut off. */
function outlined({ width, height }: DecodedImage, [x1, y1, x2, y2]: Box): Promise<Layer> {
  const [left, top] = [Math.max(0.5, x1), Math.max(0.5, y1)]
  const [right, bottom] = [Math.min(width - 0.5, x2), Math.min(height - 0.5, y2)]
  const rectangle = `<rect x="${left}" y="${top}" width="${Math.max(1, right - left)}" height="${Math.max(1, bottom - top)}"`
  return drawSvg(
    width,
    height,
    `${rectangle} stroke="#000" stroke-width="2.5"/>${rectangle} stroke="#fff" stroke-width="1"/>`,
  )
}

/**
 * A square part of a photo, as a square of `side` pixels. Where it reaches over the edge it is moved inside, and it is
 * no larger than the photo's shorter side.
 * @param size side of the part in pixels of the photo
 */
export async function cropSquare(
  image: DecodedImage,
  centre: { readonly x: number; readonly y: number },
  { size, side }: { readonly size: number; readonly side: number },
): Promise<DecodedImage> {
  const wanted = Math.max(1, Math.min(Math.round(size), image.width, image.height))
  const start = (at: number, length: number) => Math.max(0, Math.min(length - wanted, Math.round(at - wanted / 2)))
  const region = {
    left: start(centre.x, image.width),
    top: start(centre.y, image.height),
    width: wanted,
    height: wanted,
  }
  const data = await rawPipeline(image).extract(region).resize(side, side, { fit: 'fill' }).raw().toBuffer()
  return { width: side, height: side, data }
}
