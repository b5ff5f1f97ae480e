import { type Model, maskedModel, maskInputs, signatureOf } from '@fanlight/onnx'
import { Tensor } from 'onnxruntime-node'
import type { Outputs } from '../family.ts'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import { float32Output, openSession } from './onnx-session.ts'

/** The five inputs of a masked network; their buffers may change from one forward to the next. */
export type MaskedFeeds = Readonly<Record<keyof typeof maskInputs, Tensor>>

/** One onnxruntime session of a network with a mask before it. A forward blocks the event loop while it runs. */
export interface MaskedNetwork {
  /** Whether the file leaves open how many images a forward takes; what it makes of several is another question. */
  readonly hasOpenBatch: boolean
  /** The outputs are those of the file, in its order; valid until the next forward. */
  run(feeds: MaskedFeeds): Promise<Outputs>
}

/**
 * @throws InputError `MODEL_UNSUPPORTED` when the image input cannot be masked, `MODEL_INVALID` when onnxruntime
 *   refuses the graph
 */
export async function openMaskedNetwork(
  model: Model,
  input: ImageInput,
  provider: Provider = 'cpu',
): Promise<MaskedNetwork> {
  const masked = maskedModel(model, { inputName: input.name, width: input.width, height: input.height })
  const session = await openSession(masked, provider)
  return {
    hasOpenBatch: signatureOf(masked).inputs.some(({ name, shape }) => name === maskInputs.grid && shape?.[0] !== 1),
    async run(feeds) {
      const named = Object.fromEntries(inputNames.map((key) => [maskInputs[key], feeds[key]]))
      const outputs = await session.run(named)
      return session.outputNames.map((name) => float32Output(name, outputs[name]!))
    },
  }
}

const inputNames = Object.keys(maskInputs) as readonly (keyof typeof maskInputs)[]

export const feed = (data: Float32Array, dims: readonly number[]): Tensor => new Tensor('float32', data, dims)

/** The network on a picture as it is. @param image [1, 3, H, W] */
export function plainForward(network: MaskedNetwork, image: Tensor): Promise<Outputs> {
  const [, , height, width] = image.dims as [number, number, number, number]
  return network.run({
    base: image,
    delta: feed(new Float32Array(image.size), image.dims),
    ry: feed(new Float32Array(height), [1, 1, height, 1]),
    grid: feed(new Float32Array(1), [1, 1, 1, 1]),
    rxt: feed(new Float32Array(width), [1, 1, 1, width]),
  })
}
