import { stripesOf } from '@fanlight/image/stripes'
import { interpolateRdBu, interpolateViridis } from 'd3-scale-chromatic'
import { type EvidenceMap, valueAt } from './map.ts'

export interface Colouring {
  /** The evidence that gets the last colour; above 0. */
  readonly most: number
  /** Opacity of the last colour, 0..1; it falls with the evidence. */
  readonly opacity: number
  /** Red for evidence, blue for evidence against, as in overlays; otherwise viridis, and what speaks against stays clear. */
  readonly signed: boolean
}

const STEPS = 256
const viridis = table(interpolateViridis)
// Red speaks for, blue against. Without its darkest ends, which are lost over a dimmed photo.
const blueRed = table((t) => interpolateRdBu(0.9 - 0.8 * t))

/**
 * RGBA of one value. Perceptually uniform colours, never jet; opacity follows magnitude, so that the photo stays
 * visible where nothing is claimed.
 */
export function colourOf(value: number, { most, opacity, signed }: Colouring): [number, number, number, number] {
  const share = most > 0 ? Math.max(-1, Math.min(1, value / most)) : 0
  const place = signed ? (share + 1) / 2 : Math.max(share, 0)
  const at = Math.round(place * (STEPS - 1)) * 3
  const colours = signed ? blueRed : viridis
  const strength = signed ? Math.abs(share) : Math.max(share, 0)
  return [colours[at]!, colours[at + 1]!, colours[at + 2]!, Math.round(255 * opacity * strength)]
}

/**
 * The map as pixels: values are interpolated first and coloured after, so that no colour appears that the scale lacks.
 * Cells whose interval includes 0 are striped.
 */
export function paintMap(
  map: EvidenceMap,
  colouring: Colouring,
  width: number,
  height: number,
  halfWidths?: Float32Array,
): Uint8ClampedArray<ArrayBuffer> {
  const isStripe = stripesOf({ map, halfWidths }, width, height)
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (isStripe(x, y)) continue
      pixels.set(colourOf(valueAt(map, (x + 0.5) / width, (y + 0.5) / height), colouring), (y * width + x) * 4)
    }
  }
  return pixels
}

function table(colour: (t: number) => string): Uint8Array {
  const values = Array.from({ length: STEPS }, (_, step) => channels(colour(step / (STEPS - 1))))
  return Uint8Array.from(values.flat())
}

/** d3 answers `rgb(1, 2, 3)` or `#010203`. */
function channels(text: string): number[] {
  if (text.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16))
  return text.match(/\d+/g)!.slice(0, 3).map(Number)
}
