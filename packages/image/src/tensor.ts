import type { Descriptor, Fill } from '@fanlight/contracts'
import { blurred } from './blurred.ts'
import type { DecodedImage } from './decode.ts'
import { inpainted } from './inpainted.ts'
import { type Placement, placementOf } from './letterbox.ts'
import { linearTaps } from './resample.ts'

/** The part of a descriptor that says how a photo becomes an input tensor. */
export type TensorShape = Pick<Descriptor, 'width' | 'height' | 'preprocess'>

/**
 * The photo as the network gets it: float32 [3, height, width], value = (pixel − mean) / std in the order of the
 * preprocessing's channels, padding as given.
 */
export function toTensor(
  image: DecodedImage,
  shape: TensorShape,
): { readonly tensor: Float32Array; readonly placement: Placement } {
  const placement = placementOf(image.width, image.height, shape.width, shape.height, shape.preprocess.resize)
  const content = resizeBilinear(image, placement.width, placement.height)
  const tables = shape.preprocess.mean.map((_, channel) => valueTable(shape, channel))
  const tensor = compose(shape, placement, (channel, source, at) => tables[channel]![content[at * 3 + source]!]!)
  return { tensor, placement }
}

/** What fills are made of. */
export interface PhotoTensor {
  /** float32 [3, height, width], as of `toTensor`. */
  readonly tensor: Float32Array
  readonly placement: Placement
  /** RGB of 0..255. */
  readonly meanColour: readonly [number, number, number]
}

/**
 * What masked pixels turn into: the fill where `placement` has content, and padding around it.
 * @returns float32 [3, height, width]
 */
export function fillTensor(
  { tensor, placement, meanColour }: PhotoTensor,
  fill: Fill,
  shape: TensorShape,
): Float32Array {
  if (fill.kind === 'blur') return blurred(tensor, shape, placement, fill.sigma)
  if (fill.kind === 'inpaint') return inpainted(tensor, shape, placement, fill.radius)
  const rgb = fill.kind === 'mean' ? meanColour : fill.rgb
  return compose(shape, placement, (channel, source) => normalise(rgb[source]!, shape, channel))
}

/** The mean of all pixels as RGB, each rounded to a whole 0..255: a colour that a photo can have. */
export function meanColour({ data }: DecodedImage): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < data.length; i += 3) {
    sums[0] += data[i]!
    sums[1] += data[i + 1]!
    sums[2] += data[i + 2]!
  }
  const mean = (sum: number) => Math.round((sum * 3) / data.length)
  return [mean(sums[0]), mean(sums[1]), mean(sums[2])]
}

/** @param value of content pixel `at`: of the tensor's `channel`, which is the image's channel `source` */
function compose(
  { width, height, preprocess }: TensorShape,
  placement: Placement,
  value: (channel: number, source: number, at: number) => number,
): Float32Array {
  const tensor = new Float32Array(3 * width * height)
  for (let channel = 0; channel < 3; channel++) {
    const plane = tensor
      .subarray(channel * width * height, (channel + 1) * width * height)
      .fill(preprocess.pad[channel]!)
    const source = preprocess.channels === 'RGB' ? channel : 2 - channel
    for (let y = 0; y < placement.height; y++) {
      const row = (placement.offsetY + y) * width + placement.offsetX
      for (let x = 0; x < placement.width; x++) plane[row + x] = value(channel, source, y * placement.width + x)
    }
  }
  return tensor
}

const normalise = (value: number, { preprocess }: TensorShape, channel: number) =>
  (value - preprocess.mean[channel]!) / preprocess.std[channel]!

const valueTable = (shape: TensorShape, channel: number) =>
  Float32Array.from({ length: 256 }, (_, value) => normalise(value, shape, channel))

/**
 * Two-tap bilinear with half-pixel centres and no smoothing before shrinking: OpenCV's `INTER_LINEAR`, with which
 * these networks were trained and are run. Smoother kernels (libvips, Pillow) move scores by some hundredths.
 * The same bits on every machine.
 * @returns RGB, row-major, 8 bits a channel
 */
function resizeBilinear(image: DecodedImage, width: number, height: number): Uint8Array {
  if (image.width === width && image.height === height) return image.data
  const { data } = image
  const columns = linearTaps(image.width, width)
  const rows = linearTaps(image.height, height)
  const resized = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    const top = rows.first[y]! * image.width
    const bottom = rows.second[y]! * image.width
    const down = rows.weight[y]!
    for (let x = 0; x < width; x++) {
      const left = columns.first[x]!
      const right = columns.second[x]!
      const across = columns.weight[x]!
      for (let channel = 0; channel < 3; channel++) {
        const a = data[(top + left) * 3 + channel]!
        const b = data[(top + right) * 3 + channel]!
        const c = data[(bottom + left) * 3 + channel]!
        const d = data[(bottom + right) * 3 + channel]!
        const upper = a + (b - a) * across
        const lower = c + (d - c) * across
        resized[(y * width + x) * 3 + channel] = upper + (lower - upper) * down + 0.5
      }
    }
  }
  return resized
}
