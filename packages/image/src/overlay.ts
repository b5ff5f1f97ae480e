import type { Box } from '@fanlight/contracts'
import { canvas, layOver, type Part } from './canvas.ts'
import { type ColourMapName, colourMap, colourOver } from './colour-map.ts'
import { type EvidenceLine, type EvidenceLines, evidenceLines, type HeatMap, linePath } from './contours.ts'
import type { DecodedImage, DecodeLimits } from './decode.ts'
import { greyPhoto } from './grey-photo.ts'
import { drawLegend } from './legend.ts'
import { drawCaution, drawNotice } from './notice.ts'
import { drawnSize, encodePicture, openPhoto, type Photo, type PictureFormat, rawPipeline } from './photo.ts'
import { linearRows } from './resample.ts'
import { stripesOf } from './stripes.ts'
import { drawSvg, lineStyle, strokeOf } from './svg.ts'

export interface OverlayInput {
  readonly photo: Photo
  /** Over the whole photo; its values do not change. */
  readonly map: HeatMap
  /** Why the map says nothing: written over the photo in its place. */
  readonly instead?: string
  /** Half the width of each cell's interval, in the map's shape: cells whose interval includes 0 are striped. */
  readonly halfWidths?: Float32Array
  /** Why the map should not be believed: in a strip between photo and legend, the first line bold. */
  readonly caution?: string
  /** xyxy in pixels of the photo. */
  readonly box: Box
  /** Shown under the picture; may be any text. */
  readonly label?: string
  /** Of the photo's longer side in the picture, pixels; 1024 unless told. */
  readonly maxSide?: number
  /** `evidence` unless told. */
  readonly colours?: ColourMapName
  /** The value of the strongest colour, to compare pictures; the map's own maximum unless told. */
  readonly scaleMax?: number
  readonly format?: PictureFormat
  readonly limits?: DecodeLimits
}

/** Small photos are enlarged to this, or the lines hide them. */
const MIN_SIDE = 480
/** The legend needs this much room. */
const MIN_WIDTH = 420
const GROUND = [20, 20, 20] as const
const NO_STRIP = { parts: [], height: 0 }
const NO_LINES: EvidenceLines = { lines: [], smoothed: false, scattered: false }

/**
 * The photo, grey and dimmed, with the evidence coloured over it, lines that hold 50, 80 and 95 % of the positive
 * evidence where that is not scattered, the box, and a strip with the scale in numbers.
 * @throws InputError as `decodeImage`; RangeError when the map's values do not fill its size or are not finite
 */
export async function renderOverlay(input: OverlayInput): Promise<Uint8Array> {
  const { map, colours: name = 'evidence' } = input
  if (map.data.length !== map.width * map.height || map.data.length === 0) {
    throw new RangeError(`${map.data.length} values do not fill a map of ${map.width} × ${map.height}`)
  }
  if (input.halfWidths && input.halfWidths.length !== map.data.length) {
    throw new RangeError(`${input.halfWidths.length} intervals are not those of ${map.data.length} values`)
  }
  if (!map.data.every(Number.isFinite)) throw new RangeError('a map with values that are not finite cannot be shown')
  const image = await openPhoto(input.photo, input.limits)
  const { width, height, scaleX, scaleY } = drawnSize(image, MIN_SIDE, input.maxSide ?? 1024)
  const { strongest, negativeShare } = measure(map.data, name)
  const max = input.scaleMax ?? strongest
  const { instead, label = '' } = input
  const evidence = instead === undefined ? linesOf(map) : NO_LINES
  const drawn = drawLines(map, evidence.lines, width, height) + drawBox(input.box, scaleX, scaleY)
  const lines = await drawSvg(width, height, drawn)
  const whole = Math.max(width, MIN_WIDTH)
  const striped = input.halfWidths !== undefined
  const colours = colourMap(name, max)
  const shown = { colours, name, max, evidence, negativeShare, striped, hasMap: instead === undefined }
  const legend = await drawLegend({ width: whole, label, ...shown })
  const notice = instead === undefined ? [] : await drawNotice(instead, whole, height)
  const caution = input.caution === undefined ? NO_STRIP : await drawCaution(input.caution, whole)
  const left = Math.floor((whole - width) / 2)
  const picture = canvas(whole, height + caution.height + legend.height, GROUND)
  colour(picture, { left, width, height, grey: await greyPhoto(image, width, height) }, input, colourOver(name, max))
  const parts: Part[] = [
    { layer: lines, left, top: 0 },
    ...notice,
    ...caution.parts.map((part) => ({ ...part, top: part.top + height })),
    ...legend.parts.map((part) => ({ ...part, top: part.top + height + caution.height })),
  ]
  for (const part of parts) layOver(picture, part)
  return encodePicture(rawPipeline(picture), input.format ?? 'png')
}

/** Of maps that are still held: one is drawn in several sizes. */
const known = new WeakMap<HeatMap, EvidenceLines>()

function linesOf(map: HeatMap): EvidenceLines {
  const lines = known.get(map) ?? evidenceLines(map)
  known.set(map, lines)
  return lines
}

function measure(data: Float32Array, name: ColourMapName) {
  let [positive, negative, highest, lowest] = [0, 0, 0, 0]
  for (const value of data) {
    if (value > 0) positive += value
    else negative -= value
    highest = Math.max(highest, value)
    lowest = Math.min(lowest, value)
  }
  const strongest = name === 'signed' ? Math.max(highest, -lowest) : highest
  const all = positive + negative
  return { strongest, negativeShare: all > 0 ? negative / all : 0 }
}

interface Place {
  readonly left: number
  readonly width: number
  readonly height: number
  readonly grey: Float32Array
}

/** The grey photo under the map's colours, which are left out in stripes where it is unsure. */
function colour(
  onto: DecodedImage,
  { left, width, height, grey }: Place,
  input: OverlayInput,
  paint: ReturnType<typeof colourOver>,
): void {
  const rowOf = linearRows(input.map, width, height)
  const isStripe = input.halfWidths && stripesOf(input, width, height)
  for (let y = 0; y < height; y++) {
    const values = rowOf(y)
    if (isStripe) for (let x = 0; x < width; x++) if (isStripe(x, y)) values[x] = 0
    paint(values, { grey, from: y * width, onto: onto.data, at: 3 * (y * onto.width + left) })
  }
}

function drawLines(map: HeatMap, lines: readonly EvidenceLine[], width: number, height: number): string {
  return lines.map((line) => strokeOf(linePath(line, map, width, height), lineStyle(line.share))).join('')
}

/** White on black: seen on every photo. */
function drawBox([x1, y1, x2, y2]: Box, scaleX: number, scaleY: number): string {
  const numbers = [x1 * scaleX, y1 * scaleY, (x2 - x1) * scaleX, (y2 - y1) * scaleY].map((v) => v.toFixed(1))
  const [x, y, width, height] = numbers
  const rectangle = `<rect x="${x}" y="${y}" width="${width}" height="${height}"`
  return `${rectangle} stroke="#000" stroke-width="5"/>${rectangle} stroke="#fff" stroke-width="2"/>`
}
