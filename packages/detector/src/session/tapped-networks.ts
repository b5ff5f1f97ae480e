import type { Tap } from '@fanlight/contracts'
import type { Model } from '@fanlight/onnx'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import {
  layersOf,
  openTappedNetwork,
  type ProbedNetwork,
  probedNetwork,
  type TappedNetwork,
  type TappedOptions,
} from './tapped-network.ts'

/** The tapped networks of one file, opened when they are first asked for. */
export class TappedNetworks {
  readonly #model: Model
  readonly #input: ImageInput
  readonly #provider: Provider
  #probed: Promise<ProbedNetwork> | undefined
  readonly #networks = new Map<string, Promise<TappedNetwork>>()

  constructor(model: Model, input: ImageInput, provider: Provider) {
    this.#model = model
    this.#input = input
    this.#provider = provider
  }

  /** @throws InputError as `probedNetwork`, `layersOf` and `openTappedNetwork` */
  open({ tap, ...options }: Omit<TappedOptions, 'layers'> & { readonly tap: Tap }): Promise<TappedNetwork> {
    const key = JSON.stringify([tap, options.backward, options.guided, options.apart ?? false])
    const known = this.#networks.get(key)
    if (known) return known
    this.#probed ??= probedNetwork(this.#model, this.#input)
    const opened = this.#probed.then((probed) => {
      return openTappedNetwork(probed, { ...options, layers: layersOf(probed, tap) }, this.#provider)
    })
    this.#networks.set(key, opened)
    return opened
  }
}
