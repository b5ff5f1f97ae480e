import { type Layer, type Part, recentLayer } from './canvas.ts'
import type { ColourMap, ColourMapName } from './colour-map.ts'
import type { EvidenceLines, MassLevel } from './contours.ts'
import { drawSvg, lineStyle, strokeOf } from './svg.ts'
import { drawText, type TextStyle } from './text.ts'

export interface Legend {
  readonly width: number
  readonly label: string
  readonly colours: ColourMap
  readonly name: ColourMapName
  /** The value of the strongest colour; 0 for a map without evidence. */
  readonly max: number
  readonly evidence: EvidenceLines
  /** Without one the label stands alone. */
  readonly hasMap: boolean
  /** Whether places are striped whose interval includes 0. */
  readonly striped: boolean
  /** The magnitude below zero ÷ all magnitude, 0..1. */
  readonly negativeShare: number
}

const INK = '#f2f2f2'
const FAINT = '#b8b8b8'
/** What the colour bar lies on: the middle grey of a dimmed photo. */
const GROUND = 87

/** Pictures side by side that stay together. */
interface Block {
  readonly parts: readonly Omit<Part, 'top'>[]
  readonly width: number
  readonly height: number
}

/** The strip under an overlay: label, colour bar with numbers, and what the lines mean. */
export async function drawLegend(legend: Legend): Promise<{ readonly parts: Part[]; readonly height: number }> {
  const sizePx = Math.round(Math.min(18, Math.max(12, legend.width / 48)))
  const gap = Math.round(sizePx * 0.75)
  const inner = legend.width - 2 * gap
  const text = async (words: string, style: Partial<TextStyle> = {}): Promise<Block> => {
    const layer = await drawText(words, { sizePx, colour: INK, maxWidth: inner, ...style })
    return { ...layer, parts: [{ layer, left: 0 }] }
  }
  const blocks: Block[] = []
  if (legend.label) blocks.push({ ...(await text(legend.label, { weight: 'bold' })), width: inner })
  if (legend.hasMap && legend.max > 0) {
    const { lines } = legend.evidence
    const keys = lines.length > 0 ? [await drawKey(lines, sizePx)] : []
    const beside = inner - (keys[0]?.width ?? -2 * gap) - 2 * gap
    blocks.push(await drawScale(legend, sizePx, beside > sizePx * 14 ? beside : inner), ...keys)
  }
  for (const note of notesOf(legend)) blocks.push(await text(note, { sizePx: sizePx - 1, colour: FAINT }))
  return flow(blocks, legend.width, gap)
}

/** From left to right, on the next row where there is no room. */
function flow(blocks: readonly Block[], width: number, gap: number) {
  const parts: Part[] = []
  let [left, top, rowHeight] = [gap, gap, 0]
  for (const block of blocks) {
    if (left > gap && left + block.width > width - gap) {
      top += rowHeight + Math.round(gap * 0.75)
      left = gap
      rowHeight = 0
    }
    for (const part of block.parts) parts.push({ ...part, left: left + part.left, top })
    left += block.width + gap
    rowHeight = Math.max(rowHeight, block.height)
  }
  return { parts, height: top + rowHeight + gap }
}

function notesOf({ evidence, hasMap, name, negativeShare, striped }: Legend): readonly string[] {
  const against = `${Math.round(negativeShare * 100)} %`
  if (!hasMap) return []
  if (evidence.lines.length === 0 && !evidence.scattered) return ['Nothing in the photo speaks for this detection.']
  const notes = [lineNote(evidence)]
  if (name === 'signed') notes.push(`Red speaks for it, blue against it (${against}).`)
  else if (negativeShare >= 0.005) notes.push(`What speaks against it is not coloured (${against}).`)
  return striped ? [...notes, 'Striped where the interval includes 0.'] : notes
}

function lineNote({ scattered, smoothed }: EvidenceLines): string {
  if (scattered) return 'The evidence is too scattered for lines.'
  return `Lines${smoothed ? ', of the smoothed map,' : ''} hold these shares of the evidence.`
}

const short = (value: number) => String(Number(value.toPrecision(2)))

/** The colours as they look over the photo, with a tick at each line's value, between the numbers of its ends. */
async function drawScale({ colours, name, max, evidence }: Legend, sizePx: number, width: number): Promise<Block> {
  const lowest = name === 'signed' ? -max : 0
  const low = await drawText(lowest < 0 ? `−${short(max)}` : '0', { sizePx, colour: INK })
  const high = await drawText(short(max), { sizePx, colour: INK })
  const gap = Math.round(sizePx / 3)
  const barWidth = Math.max(2, width - low.width - high.width - 2 * gap)
  const row = new Uint8Array(barWidth * 4).fill(255)
  // A smoothed map has values of its own.
  const levels = evidence.smoothed ? [] : evidence.lines
  const ticks = new Set(levels.map(({ value }) => Math.round(((value - lowest) / (max - lowest)) * (barWidth - 1))))
  for (let x = 0; x < barWidth; x++) {
    if (ticks.has(x)) continue
    const { r, g, b, opacity } = colours(lowest + ((max - lowest) * x) / (barWidth - 1))
    row.set(
      [r, g, b].map((channel) => GROUND + (channel - GROUND) * opacity),
      x * 4,
    )
  }
  const data = new Uint8Array(row.length * low.height)
  for (let y = 0; y < low.height; y++) data.set(row, y * row.length)
  const parts = [
    { layer: low, left: 0 },
    { layer: { width: barWidth, height: low.height, data }, left: low.width + gap },
    { layer: high, left: low.width + barWidth + 2 * gap },
  ]
  return { parts, width, height: low.height }
}

/** Samples of the lines, each with its share. */
async function drawKey(levels: readonly MassLevel[], sizePx: number): Promise<Block> {
  const parts: { layer: Layer; left: number }[] = []
  const sample = sizePx * 2
  let [left, height] = [0, 0]
  for (const { share } of levels) {
    const words = await drawText(`${share * 100} %`, { sizePx, colour: INK })
    const line = strokeOf(`M0,${words.height / 2}H${sample}`, lineStyle(share))
    parts.push({ layer: await recentLayer(line, () => drawSvg(sample, words.height, line)), left })
    parts.push({ layer: words, left: left + sample + Math.round(sizePx / 2) })
    left += sample + words.width + Math.round(sizePx * 1.5)
    height = words.height
  }
  return { parts, width: Math.max(0, left - sizePx), height }
}
