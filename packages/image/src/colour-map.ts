import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic'

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

/** How far up its table a value's colour is. */
function scaleOf(name: ColourMapName, max: number) {
  const lowest = name === 'signed' ? -1 : 0
  const strongest = max > 0 ? max : Number.POSITIVE_INFINITY
  return {
    table: name === 'signed' ? RED_BLUE : VIRIDIS,
    shareOf: (value: number) => Math.min(1, Math.max(lowest, value / strongest)),
    stepOf: (share: number) => Math.round(((share - lowest) / (1 - lowest)) * (STEPS - 1)),
  }
}

/** @param max the value (> 0) that gets the strongest colour; beyond it nothing changes */
export function colourMap(name: ColourMapName, max: number): ColourMap {
  const { table, shareOf, stepOf } = scaleOf(name, max)
  return (value) => {
    const share = shareOf(value)
    return { ...table[stepOf(share)]!, opacity: MAX_OPACITY * Math.abs(share) }
  }
}

/** Pixels one after the other: grey, 0..255, in a picture's `from` on, drawn as RGB in `onto`'s `at` on. */
interface GreyRun {
  readonly grey: Float32Array
  readonly from: number
  readonly onto: Uint8Array
  readonly at: number
}

/** Draws the colours of `colourMap` over grey, those of one value after the other; no object is made of any. */
export function colourOver(name: ColourMapName, max: number): (values: Float32Array, run: GreyRun) => void {
  const { table, shareOf, stepOf } = scaleOf(name, max)
  return (values, { grey, from, onto, at }) => {
    for (let i = 0, to = at; i < values.length; i++, to += 3) {
      const under = grey[from + i]!
      const share = shareOf(values[i]!)
      const { r, g, b } = table[stepOf(share)]!
      const opacity = MAX_OPACITY * Math.abs(share)
      onto[to] = under + (r - under) * opacity
      onto[to + 1] = under + (g - under) * opacity
      onto[to + 2] = under + (b - under) * opacity
    }
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
