import { InputError } from '@fanlight/ports'
import { z } from 'zod'

/** A weights manifest of TensorFlow.js, as far as we need it: one file of 8-bit weights. */
const Manifest = z.tuple([
  z.object({
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().positive()).max(4),
        quantization: z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }),
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
 * Reads 8-bit TensorFlow.js weights: they follow each other in the manifest's order; value = q · scale + min, in
 * float32.
 * @throws InputError `MODEL_INVALID` when the manifest is of another kind, or claims other than `bytes` holds
 */
export function tfjsWeights(manifest: unknown, bytes: Uint8Array): Weights {
  const parsed = Manifest.safeParse(manifest)
  if (!parsed.success) throw new InputError('MODEL_INVALID', `no manifest of 8-bit weights: ${parsed.error.message}`)
  const weights = new Map<string, Weight>()
  let offset = 0
  for (const { name, shape, quantization } of parsed.data[0].weights) {
    const size = shape.reduce((product, dim) => product * dim, 1)
    const { scale, min } = quantization
    weights.set(name, { shape, data: Float32Array.from(bytes.subarray(offset, offset + size), (q) => q * scale + min) })
    offset += size
  }
  if (offset !== bytes.length) {
    const message = `the weights file has ${bytes.length} bytes, and its manifest claims ${offset}`
    throw new InputError('MODEL_INVALID', `${message}. Install the package again`)
  }
  return weights
}
