import { InputError } from '@fanlight/ports'
import { z } from 'zod'

/** A weights manifest of TensorFlow.js, as far as we need it: one file of 8-bit or float32 weights. */
const Manifest = z.tuple([
  z.object({
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().positive()).max(4),
        dtype: z.literal('float32'),
        quantization: z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }).optional(),
      }),
    ),
  }),
])

export interface Weight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type Weights = ReadonlyMap<string, Weight>

/**
 * Reads TensorFlow.js weights: they follow each other in the manifest's order, as little-endian float32, or as 8 bits
 * with value = q · scale + min in float32.
 * @throws InputError `MODEL_INVALID` when the manifest is of another kind, or claims other than `bytes` holds
 */
export function tfjsWeights(manifest: unknown, bytes: Uint8Array): Weights {
  const parsed = Manifest.safeParse(manifest)
  if (!parsed.success) throw new InputError('MODEL_INVALID', `no manifest of such weights: ${parsed.error.message}`)
  const specs = parsed.data[0].weights.map(({ name, shape, quantization }) => {
    const count = shape.reduce((product, dim) => product * dim, 1)
    return { name, shape, quantization, length: quantization ? count : count * Float32Array.BYTES_PER_ELEMENT }
  })
  const claimed = specs.reduce((sum, { length }) => sum + length, 0)
  if (claimed !== bytes.length) {
    const message = `the weights file has ${bytes.length} bytes, and its manifest claims ${claimed}`
    throw new InputError('MODEL_INVALID', `${message}. Install the package again`)
  }
  let offset = 0
  return new Map(
    specs.map(({ name, shape, quantization, length }) => {
      const slice = Uint8Array.from(bytes.subarray(offset, offset + length))
      offset += length
      if (!quantization) return [name, { shape, data: new Float32Array(slice.buffer) }]
      const { scale, min } = quantization
      return [name, { shape, data: Float32Array.from(slice, (q) => q * scale + min) }]
    }),
  )
}

/**
 * A convolution's filters as ONNX has them. TensorFlow's order is [height, width, in, out], and of a depthwise filter
 * [height, width, channels, 1]; ONNX's [out, in, height, width], and [channels, 1, height, width].
 */
export function convolutionFilters({ shape, data }: Weight, depthwise: boolean): Weight {
  const [height, width, inputs, outputs] = shape as [number, number, number, number]
  const dims = depthwise ? [inputs, 1, height, width] : [outputs, inputs, height, width]
  return { shape: dims, data: outputFirst(data, height * width, inputs, outputs) }
}

/** [area, in, out] to [out, in, area]. */
function outputFirst(data: Float32Array, area: number, inputs: number, outputs: number): Float32Array {
  const turned = new Float32Array(data.length)
  for (let at = 0; at < data.length; at++) {
    const output = at % outputs
    const input = Math.floor(at / outputs) % inputs
    const position = Math.floor(at / (outputs * inputs))
    turned[(output * inputs + input) * area + position] = data[at]!
  }
  return turned
}
