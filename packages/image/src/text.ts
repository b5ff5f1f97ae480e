import { fileURLToPath } from 'node:url'
import { sharp } from './vips.ts'

/** Pixels with alpha, ready to be laid over a picture. */
export interface TextImage {
  readonly input: Buffer
  readonly width: number
  readonly height: number
}

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
export async function drawText(text: string, style: TextStyle): Promise<TextImage> {
  const { sizePx, weight = 'regular', colour = '#ffffff', maxWidth = 4000 } = style
  let shown = [...printable(text)].slice(0, 200)
  for (;;) {
    const { font, file } = FONTS[weight]
    const markup = `<span foreground="${colour}">${escapeMarkup(shown.join(''))}</span>${STRUT}`
    const { data, info } = await sharp({
      text: { text: markup, font: `${font} ${sizePx}`, fontfile: file, dpi: 72, rgba: true, wrap: 'none' },
    })
      .png()
      .toBuffer({ resolveWithObject: true })
    if (info.width <= maxWidth || shown.length <= 2) return { input: data, width: info.width, height: info.height }
    const fitting = Math.floor((shown.length * maxWidth) / info.width) - 1
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
