import type { LayerTap } from '@fanlight/saliency'
import type { Tensor } from 'onnxruntime-node'
import type { Cotangents, Outputs } from '../family.ts'
import type { Provider } from '../provider.ts'
import { feed } from './masked-network.ts'
import { float32Output, openSession } from './onnx-session.ts'
import type { ProbedNetwork } from './probed-network.ts'
import { type TappedModel, type TappedOptions, tappedModel } from './tapped-model.ts'

/** A network that also tells what goes on at some of its values, one photo a run. */
export interface TappedNetwork {
  /** Names of the values. */
  readonly layers: readonly string[]
  /** Runs on one photo share the forward, whose outputs so cost nothing more. */
  readonly sharesForward?: boolean
  /**
   * A forward, and with cotangents the way back.
   * @param image [1, 3, H, W]
   */
  run(image: Tensor, cotangents?: Cotangents): Promise<Tapped>
  /** Lets go of its session. */
  close(): Promise<void>
}

export interface Tapped {
  /** Those of the file, in its order. */
  readonly outputs: Outputs
  /** One a layer; the gradient is empty where none was asked for. */
  readonly taps: readonly LayerTap[]
}

/** @throws InputError as `tappedModel`, and `MODEL_INVALID` for what onnxruntime refuses */
export function openTappedNetwork(
  probed: ProbedNetwork,
  options: TappedOptions,
  provider: Provider,
): Promise<TappedNetwork> {
  return openTappedModel(tappedModel(probed, options), provider)
}

/** @throws InputError `MODEL_INVALID` for what onnxruntime refuses */
export async function openTappedModel({ model, parts }: TappedModel, provider: Provider): Promise<TappedNetwork> {
  const { input, layers, outputs } = parts
  // Without a pattern of memory, what a backward pass keeps is let go as soon as it was used.
  const session = await openSession(model, provider, { enableMemPattern: false })
  return {
    layers: layers.map(({ name }) => name),
    close: () => session.release(),
    async run(image, cotangents) {
      const feeds: Record<string, Tensor> = { [input]: image }
      for (const [at, { cotangent }] of outputs.entries()) {
        if (!cotangent) continue
        const { name, dims } = cotangent
        feeds[name] = feed(cotangents?.[at] ?? new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims)
      }
      const ran = await session.run(feeds)
      return {
        outputs: outputs.map(({ name }) => float32Output(name, ran[name]!)),
        taps: layers.map(({ name, gradient, ...picture }) => {
          const back = gradient === undefined ? new Float32Array() : valuesOf(ran[gradient]!)
          return { ...picture, activation: valuesOf(ran[name] ?? feeds[name]!), gradient: back }
        }),
      }
    },
  }
}

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array
