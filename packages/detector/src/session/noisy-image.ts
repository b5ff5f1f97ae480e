import type { Variant } from '@fanlight/contracts'
import { LRUCache } from 'lru-cache'
import type { Tensor } from 'onnxruntime-node'
import { feed } from './masked-network.ts'
import type { PreparedImage } from './prepared-images.ts'
import { normal } from './samples.ts'

export type Noise = NonNullable<Variant['noise']>

/** That of an explanation, and another that it is compared with. */
const KEPT_FILLS = 2

/**
 * A photo with Gaussian noise on what the network sees of it, the padding as it is; `sigma` in shares of the range of
 * the photo's content. What stands where a segment is removed is what stands there without noise: the change asked
 * about is one of the photo.
 */
export function noisyImage(image: PreparedImage, { seed, sigma }: Noise): PreparedImage {
  const photo = image.base.data as Float32Array
  const content = contentIn(image)
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const at of content) {
    low = Math.min(low, photo[at]!)
    high = Math.max(high, photo[at]!)
  }
  const deviation = sigma * (high - low)
  const next = normal(seed, 0)
  const noisy = photo.slice()
  for (const at of content) noisy[at]! += deviation * next()
  const deltas = new LRUCache<string, Tensor>({ max: KEPT_FILLS })
  return {
    ...image,
    base: feed(noisy, image.base.dims),
    delta(fill) {
      const key = JSON.stringify(fill)
      const known = deltas.get(key)
      if (known) return known
      const plain = image.delta(fill).data as Float32Array
      const delta = feed(
        plain.map((value, i) => value + photo[i]! - noisy[i]!),
        image.base.dims,
      )
      deltas.set(key, delta)
      return delta
    },
  }
}

/** Where in the tensor the photo's values are, channel by channel and row by row. */
function contentIn({ base, placement }: PreparedImage): Uint32Array {
  const [, channels, height, width] = base.dims as [number, number, number, number]
  const places = new Uint32Array(channels * placement.height * placement.width)
  let next = 0
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < placement.height; y++) {
      const row = (channel * height + placement.offsetY + y) * width + placement.offsetX
      for (let x = 0; x < placement.width; x++) places[next++] = row + x
    }
  }
  return places
}
