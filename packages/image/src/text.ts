import { fileURLToPath } from 'node:url'
import { type Layer, layerOf, recentLayer } from './canvas.ts'
import { sharp } from './vips.ts'

// Read by the library when the first text is drawn.
process.env.FONTCONFIG_FILE ??= fileURLToPath(new URL('../fonts.conf', import.meta.url))

/** Brought along: a clean machine has no fonts. */
const FONTS = {
  regular: { font: 'DejaVu Sans', file: fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')) },
  bold: {
    font: 'DejaVu Sans Bold',
    file: fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf')),
  },
}

/** Pictures of text end where its ink does: an unseen bar gives all of one size the same height and baseline. */
const STRUT = '<span alpha="1">|</span>'

export interface TextStyle {
  /** Of the em square, in pixels. */
  readonly sizePx: number
  readonly weight?: keyof typeof FONTS
  /** `#rrggbb` */
  readonly colour?: string
  /** Longer text ends in an ellipsis. */
  readonly maxWidth?: number
}

/** Draws one line. The text may be anything: it is shown as it is, never read as markup. */
export function drawText(text: string, style: TextStyle): Promise<Layer> {
  const characters = [...printable(text)].slice(0, 200)
  return recentLayer(JSON.stringify([characters.join(''), style]), () => drawLine(characters, style))
}

async function drawLine(characters: readonly string[], style: TextStyle): Promise<Layer> {
  const { sizePx, weight = 'regular', colour = '#ffffff', maxWidth = 4000 } = style
  for (let shown = characters; ; ) {
    const { font, file } = FONTS[weight]
    const markup = `<span foreground="${colour}">${escapeMarkup(shown.join(''))}</span>${STRUT}`
    const layer = await layerOf(
      sharp({ text: { text: markup, font: `${font} ${sizePx}`, fontfile: file, dpi: 72, rgba: true, wrap: 'none' } }),
    )
    if (layer.width <= maxWidth || shown.length <= 2) return layer
    const fitting = Math.floor((shown.length * maxWidth) / layer.width) - 1
    shown = [...shown.slice(0, Math.max(1, fitting)), '…']
  }
}

const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** For Pango, which reads text as markup and refuses what is no XML. */
export const escapeMarkup = (text: string): string => text.replace(/[&<>"']/g, (character) => MARKUP[character]!)

/** Control characters, bidi overrides, lone surrogates and the like are spelled out: `\u{1b}`. */
export function printable(text: string): string {
  const spelled = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`
  })
  return spelled.trim() === '' ? '(empty)' : spelled
}
