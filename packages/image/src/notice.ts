import type { Part } from './canvas.ts'
import { drawSvg } from './svg.ts'
import { drawText } from './text.ts'

/** Rows of words; what is beyond is cut. */
const MAX_ROWS = 6

/** Words over the middle of a picture, on a dark ground, broken where they are too long for a row. */
export async function drawNotice(words: string, width: number, height: number): Promise<Part[]> {
  const sizePx = Math.round(Math.min(22, Math.max(13, width / 36)))
  const gap = sizePx
  const rows = broken(words, Math.floor((width - 4 * gap) / (sizePx * 0.6))).slice(0, MAX_ROWS)
  const drawn = await Promise.all(
    rows.map((row, i) => drawText(row, { sizePx, weight: i === 0 ? 'bold' : 'regular', maxWidth: width - 2 * gap })),
  )
  const fitting = drawn.filter((_, i) => heightOf(drawn.slice(0, i + 1), gap) <= height)
  const ground = { width: Math.min(width, Math.max(0, ...drawn.map((row) => row.width)) + 2 * gap) }
  const whole = Math.min(height, heightOf(fitting, gap))
  const [left, top] = [Math.floor((width - ground.width) / 2), Math.floor((height - whole) / 2)]
  const box = `<rect width="${ground.width}" height="${whole}" rx="${gap / 2}" fill="#000" fill-opacity="0.8"/>`
  const lines = fitting.map((layer, i) => ({
    layer,
    left: left + gap,
    top: top + gap + drawn.slice(0, i).reduce((sum, before) => sum + before.height, 0),
  }))
  return fitting.length === 0 ? [] : [{ layer: await drawSvg(ground.width, whole, box), left, top }, ...lines]
}

const CAUTION_GROUND = '#ffca7a'
const CAUTION_INK = '#1b1d22'
/** Rows of a caution; what is beyond is cut. */
const MAX_CAUTION_ROWS = 4

/** Words as a strip of its own across a picture, dark on light: for what must not be overlooked, and hides nothing. */
export async function drawCaution(words: string, width: number): Promise<{ parts: Part[]; height: number }> {
  const sizePx = Math.round(Math.min(18, Math.max(12, width / 48)))
  const gap = Math.round(sizePx * 0.5)
  const maxWidth = width - 4 * gap
  const rows = await Promise.all(
    broken(words, Math.floor(maxWidth / (sizePx * 0.58)))
      .slice(0, MAX_CAUTION_ROWS)
      .map((row, i) => drawText(row, { sizePx, colour: CAUTION_INK, weight: i === 0 ? 'bold' : 'regular', maxWidth })),
  )
  const height = heightOf(rows, gap)
  const ground = await drawSvg(width, height, `<rect width="${width}" height="${height}" fill="${CAUTION_GROUND}"/>`)
  const lines = rows.map((layer, i) => ({ layer, left: 2 * gap, top: heightOf(rows.slice(0, i), gap) - gap }))
  return { parts: [{ layer: ground, left: 0, top: 0 }, ...lines], height }
}

const heightOf = (rows: readonly { readonly height: number }[], gap: number) =>
  rows.reduce((sum, { height }) => sum + height, 2 * gap)

/** At line breaks, then at blanks, into rows of at most so many characters where words are no longer. */
function broken(text: string, most: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const rows: string[] = []
    for (const word of paragraph.split(' ')) {
      const last = rows.at(-1)
      if (last !== undefined && last.length + 1 + word.length <= most) rows[rows.length - 1] = `${last} ${word}`
      else rows.push(word)
    }
    return rows
  })
}
