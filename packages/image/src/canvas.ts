import { LRUCache } from 'lru-cache'
import type { DecodedImage } from './decode.ts'
import type { sharp } from './vips.ts'

/** Pixels with alpha, ready to be laid over a picture. */
export interface Layer {
  readonly width: number
  readonly height: number
  /** RGBA, 8 bits a channel, row-major from the top. */
  readonly data: Uint8Array
}

/** A layer, and where in a picture it lies. */
export interface Part {
  readonly layer: Layer
  readonly left: number
  readonly top: number
}

/** Memory for the words that stand in every legend. */
const KEPT_BYTES = 4 * 2 ** 20

const kept = new LRUCache<string, Layer>({
  maxSize: KEPT_BYTES,
  maxEntrySize: KEPT_BYTES / 64,
  sizeCalculation: ({ data }) => data.byteLength,
})

/** @param pipeline of a picture with alpha, such as text or an SVG */
export async function layerOf(pipeline: ReturnType<typeof sharp>): Promise<Layer> {
  const { data, info } = await pipeline.ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

/** What is small and comes again is drawn once. */
export async function recentLayer(key: string, draw: () => Promise<Layer>): Promise<Layer> {
  const layer = kept.get(key) ?? (await draw())
  kept.set(key, layer)
  return layer
}

/** A picture of one colour, to draw on. */
export function canvas(width: number, height: number, [r, g, b]: readonly [number, number, number]): DecodedImage {
  const data = new Uint8Array(3 * width * height)
  if (r === g && g === b) data.fill(r)
  else for (let at = 0; at < data.length; at += 3) data.set([r, g, b], at)
  return { width, height, data }
}

/** Copies a picture that fits. */
export function place(onto: DecodedImage, { width, height, data }: DecodedImage, left: number, top: number): void {
  for (let y = 0; y < height; y++) {
    onto.data.set(data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * onto.width + left))
  }
}

/** What lies outside of the picture is cut off. */
export function layOver(onto: DecodedImage, { layer: { width, height, data }, left, top }: Part): void {
  const [from, to] = [Math.max(0, -left), Math.min(width, onto.width - left)]
  const pixels = onto.data
  for (let y = Math.max(0, -top); y < Math.min(height, onto.height - top); y++) {
    let [source, target] = [4 * (y * width + from), 3 * ((top + y) * onto.width + left + from)]
    for (let x = from; x < to; x++, source += 4, target += 3) {
      const alpha = data[source + 3]!
      if (alpha === 0) continue
      for (let channel = 0; channel < 3; channel++) {
        const mixed = alpha * data[source + channel]! + (255 - alpha) * pixels[target + channel]!
        pixels[target + channel] = mixed / 255 + 0.5
      }
    }
  }
}
