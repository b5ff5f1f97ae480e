import type { OverlayOptions } from 'sharp'
import type { ColourMap, ColourMapName } from './colour-map.ts'
import type { MassLevel } from './contours.ts'
import { drawText, type TextImage } from './text.ts'
import { sharp } from './vips.ts'

export interface Legend {
  readonly width: number
  readonly label: string
  readonly colours: ColourMap
  readonly name: ColourMapName
  /** The value of the strongest colour; 0 for a map without evidence. */
  readonly max: number
  readonly levels: readonly MassLevel[]
  /** The magnitude below zero ÷ all magnitude, 0..1. */
  readonly negativeShare: number
}

/** How the line of each mass level is drawn, on the photo and in the legend; told apart without colour. */
export const LINE_STYLES = [
  { width: 2.5, dashes: '' },
  { width: 1.5, dashes: '' },
  { width: 1.5, dashes: '5 4' },
] as const

const INK = '#f2f2f2'
const FAINT = '#b8b8b8'
/** What the colour bar lies on: the middle grey of a dimmed photo. */
const GROUND = 72

/** The strip under an overlay: label, colour bar with numbers, and what the lines mean. */
export async function drawLegend(
  legend: Legend,
): Promise<{ readonly parts: OverlayOptions[]; readonly height: number }> {
  const { width, max, name } = legend
  const sizePx = Math.round(Math.min(18, Math.max(12, width / 48)))
  const gap = Math.round(sizePx * 0.75)
  const text = (words: string, maxWidth: number, style: object = {}) =>
    drawText(words, { sizePx, colour: INK, maxWidth, ...style })
  const inner = width - 2 * gap
  const title = await text(legend.label, inner, { weight: 'bold' })
  const low = await text(name === 'signed' ? `−${short(max)}` : '0', inner)
  const high = await text(max > 0 ? short(max) : 'no evidence', inner)
  const key = await drawKey(legend.levels, sizePx)
  const note = await text(noteOf(legend), inner, { sizePx: sizePx - 1, colour: FAINT })

  const parts: OverlayOptions[] = []
  const put = ({ input }: TextImage, left: number, top: number) => parts.push({ input, left, top })
  let top = gap
  if (legend.label) {
    put(title, gap, top)
    top += title.height + Math.round(gap * 0.75)
  }
  // The key goes beside the bar, or under it where the picture is narrow.
  const beside = low.width + high.width + key.width + sizePx * 8 + gap * 4 < inner
  const barWidth = inner - low.width - high.width - gap - (beside ? key.width + gap * 2 : 0)
  const barLeft = gap + low.width + Math.round(gap / 2)
  put(low, gap, top)
  if (max > 0) parts.push({ input: await drawBar(legend, barWidth, sizePx), left: barLeft, top })
  put(high, max > 0 ? barLeft + barWidth + Math.round(gap / 2) : gap, top)
  if (max <= 0)
    parts.splice(
      parts.findIndex(({ input }) => input === low.input),
      1,
    )
  if (legend.levels.length > 0) {
    if (!beside) top += low.height + Math.round(gap * 0.75)
    for (const part of key.parts) put(part, part.left + (beside ? width - gap - key.width : gap), top)
  }
  top += low.height + Math.round(gap * 0.75)
  put(note, gap, top)
  return { parts, height: top + note.height + gap }
}

function noteOf({ levels, name, negativeShare }: Legend): string {
  const against = `${Math.round(negativeShare * 100)} %`
  if (levels.length === 0) return 'Nothing in the photo speaks for this detection.'
  const lines = 'Lines hold these shares of the evidence.'
  if (name === 'signed') return `${lines} Red speaks for it, blue against it (${against}).`
  return negativeShare >= 0.005 ? `${lines} What speaks against it is not coloured (${against}).` : lines
}

const short = (value: number) => String(Number(value.toPrecision(2)))

/** The colours as they look over the photo, with a tick at each mass level. */
async function drawBar({ colours, name, max, levels }: Legend, width: number, height: number): Promise<Buffer> {
  const lowest = name === 'signed' ? -max : 0
  const pixels = new Uint8Array(width * height * 3)
  const ticks = new Set(levels.map(({ value }) => Math.round(((value - lowest) / (max - lowest)) * (width - 1))))
  for (let x = 0; x < width; x++) {
    const { r, g, b, opacity } = colours(lowest + ((max - lowest) * x) / (width - 1))
    const mixed = [r, g, b].map((channel) => GROUND + (channel - GROUND) * opacity)
    for (let y = 0; y < height; y++) pixels.set(ticks.has(x) ? [255, 255, 255] : mixed, (y * width + x) * 3)
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
}

/** Samples of the lines, each with its share. */
async function drawKey(levels: readonly MassLevel[], sizePx: number) {
  const parts: (TextImage & { readonly left: number })[] = []
  const sample = sizePx * 2
  let left = 0
  for (const [i, { share }] of levels.entries()) {
    const words = await drawText(`${share * 100} %`, { sizePx, colour: INK })
    const { width, dashes } = LINE_STYLES[i]!
    const middle = words.height / 2
    const line = `<path d="M0,${middle}H${sample}" stroke="#fff" stroke-width="${width}" stroke-dasharray="${dashes}"/>`
    const input = await sharp(svg(sample, words.height, line))
      .png()
      .toBuffer()
    parts.push({ input, width: sample, height: words.height, left })
    parts.push({ ...words, left: left + sample + Math.round(sizePx / 2) })
    left += sample + words.width + Math.round(sizePx * 1.5)
  }
  return { parts, width: Math.max(0, left - sizePx) }
}

/** @param body made of our own numbers only: never of text from outside */
export const svg = (width: number, height: number, body: string): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" fill="none">${body}</svg>`)
