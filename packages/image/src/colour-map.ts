import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic'
import type { DecodedImage } from './decode.ts'

/**
 * `evidence`: viridis over 0..max, what speaks against is not coloured. `signed`: red speaks for, blue against,
 * centred on zero.
 */
export type ColourMapName = 'evidence' | 'signed'

export interface Colour {
  readonly r: number
  readonly g: number
  readonly b: number
  /** 0..`MAX_OPACITY`, growing with the magnitude, so that the photo stays visible. */
  readonly opacity: number
}

export type ColourMap = (value: number) => Colour

const MAX_OPACITY = 0.6
const STEPS = 256

const rgbTable = (interpolate: (t: number) => string) =>
  Array.from({ length: STEPS }, (_, i) => parseRgb(interpolate(i / (STEPS - 1))))

const VIRIDIS = rgbTable(interpolateViridis)
// Without its ends: over a dimmed photo they are too dark to stand out.
const RED_BLUE = rgbTable((t) => interpolateRdBu(0.88 - 0.76 * t))

/** @param max the value (> 0) that gets the strongest colour; beyond it nothing changes */
export function colourMap(name: ColourMapName, max: number): ColourMap {
  const lowest = name === 'signed' ? -1 : 0
  const table = name === 'signed' ? RED_BLUE : VIRIDIS
  return (value) => {
    const share = max > 0 ? Math.min(1, Math.max(lowest, value / max)) : 0
    const step = Math.round(((share - lowest) / (1 - lowest)) * (STEPS - 1))
    return { ...table[step]!, opacity: MAX_OPACITY * Math.abs(share) }
  }
}

/** What is coloured of a picture: [height, width] values over as many grey pixels, 0..255. */
interface Coloured {
  readonly width: number
  readonly grey: Float32Array
  readonly values: Float32Array
  readonly name: ColourMapName
  readonly max: number
}

/** Draws the colours of `colourMap` over grey, from `left` on in the picture's first rows; no object is made of any. */
export function colourOver(onto: DecodedImage, left: number, { width, grey, values, name, max }: Coloured): void {
  const lowest = name === 'signed' ? -1 : 0
  const table = Float64Array.from((name === 'signed' ? RED_BLUE : VIRIDIS).flatMap(({ r, g, b }) => [r, g, b]))
  const [strongest, steps] = [max > 0 ? max : Number.POSITIVE_INFINITY, (STEPS - 1) / (1 - lowest)]
  const pixels = onto.data
  for (let i = 0, at = 3 * left; i < grey.length; i++, at += 3) {
    if (i > 0 && i % width === 0) at += 3 * (onto.width - width)
    const under = grey[i]!
    const share = Math.min(1, Math.max(lowest, values[i]! / strongest))
    const step = 3 * Math.round((share - lowest) * steps)
    const opacity = MAX_OPACITY * Math.abs(share)
    pixels[at] = under + (table[step]! - under) * opacity
    pixels[at + 1] = under + (table[step + 1]! - under) * opacity
    pixels[at + 2] = under + (table[step + 2]! - under) * opacity
  }
}

/** d3 speaks `#rrggbb` and `rgb(r, g, b)`. */
function parseRgb(text: string) {
  const parts = text.startsWith('#')
    ? text.match(/[\da-f]{2}/gi)!.map((hex) => Number.parseInt(hex, 16))
    : text.match(/\d+/g)!.map(Number)
  const [r, g, b] = parts as [number, number, number]
  return { r, g, b }
}
