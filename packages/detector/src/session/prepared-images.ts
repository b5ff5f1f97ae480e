import { type Descriptor, type Fill, MAX_GRID_CELLS } from '@fanlight/contracts'
import {
  areaMean,
  type ColourRaster,
  type DecodedImage,
  type DecodeLimits,
  decodeImage,
  fillTensor,
  meanColour,
  positionsOf,
  toTensor,
} from '@fanlight/image'
import { LRUCache } from 'lru-cache'
import type { Tensor } from 'onnxruntime-node'
import type { Photo } from '../detect.ts'
import type { Positions } from './mask-feeds.ts'
import { feed } from './masked-network.ts'
import { type Noise, noisyImage } from './noisy-image.ts'
import { KEPT_IMAGES } from './wire.ts'

/** A photo as the network gets it. */
export interface PreparedImage extends Photo {
  readonly positions: Positions
  /** [1, 3, H, W]: the photo. */
  readonly base: Tensor
  /** [1, 3, H, W]: fill − photo; 0 in the padding, which is never masked. */
  delta(fill: Fill): Tensor
  /** The same photo with noise on it; the last one is kept. */
  noisy(noise: Noise): PreparedImage
  /** All of the photo in small: mean RGB of 0..255, two cells a side for each that a grid may have. */
  readonly colours: ColourRaster
}

/** The last few photos by their SHA-256. */
export class PreparedImages {
  readonly #images = new Map<string, PreparedImage>()

  get(sha256: string): PreparedImage | undefined {
    const image = this.#images.get(sha256)
    if (image) this.#keep(sha256, image)
    return image
  }

  /** @throws InputError `IMAGE_*` when the bytes are no photo within the limits */
  async add(sha256: string, bytes: Uint8Array, descriptor: Descriptor, limits?: DecodeLimits): Promise<PreparedImage> {
    const image = prepareImage(await decodeImage(bytes, limits), descriptor)
    this.#keep(sha256, image)
    return image
  }

  #keep(sha256: string, image: PreparedImage): void {
    this.#images.delete(sha256)
    this.#images.set(sha256, image)
    if (this.#images.size <= KEPT_IMAGES) return
    const [oldest] = this.#images.keys()
    this.#images.delete(oldest!)
  }
}

/**
 * Fills that a photo keeps: that of `detect`, and those of two explanations, or of one that compares two fills, which
 * take turns. Each takes what the photo itself does.
 */
const KEPT_FILLS = 3

export function prepareImage(image: DecodedImage, descriptor: Descriptor): PreparedImage {
  const { width, height } = descriptor
  const { tensor, placement } = toTensor(image, descriptor)
  const dims = [1, 3, height, width]
  // The pixels are let go: a photo may have forty million, its tensor half a million.
  const photo = { tensor, placement, meanColour: meanColour(image) }
  const [cols, rows] = [Math.min(image.width, 2 * MAX_GRID_CELLS), Math.min(image.height, 2 * MAX_GRID_CELLS)]
  const colours = { width: cols, height: rows, data: Float32Array.from(areaMean(image, cols, rows)) }
  const deltas = new LRUCache<string, Tensor>({ max: KEPT_FILLS })
  let last: { readonly key: string; readonly image: PreparedImage } | undefined
  const prepared: PreparedImage = {
    width: image.width,
    height: image.height,
    placement,
    positions: positionsOf(placement, width, height),
    base: feed(tensor, dims),
    colours,
    delta(fill) {
      const key = JSON.stringify(fill)
      const known = deltas.get(key)
      if (known) return known
      const values = fillTensor(photo, fill, descriptor)
      for (let i = 0; i < values.length; i++) values[i]! -= tensor[i]!
      const delta = feed(values, dims)
      deltas.set(key, delta)
      return delta
    },
    noisy(noise) {
      const key = JSON.stringify([noise.seed, noise.sigma])
      if (last?.key !== key) last = { key, image: noisyImage(prepared, noise) }
      return last.image
    },
  }
  return prepared
}
