import type { Tap } from '@fanlight/contracts'
import type { Model } from '@fanlight/onnx'
import { retryOf } from '@fanlight/ports'
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

/**
 * Sessions beside the one that masks: the input, the input guided, the neck and the neck without gradients, and two
 * named layers. Another one needs another process, because onnxruntime does not give back all that a session took
 * (microsoft/onnxruntime#25325).
 */
const MAX_TAPPED_NETWORKS = 6

/** What a question needs opened. */
export type TappedAs = Omit<TappedOptions, 'layers'> & { readonly tap: Tap }

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

  /** Whether it is open, or another process is not needed to open it. */
  hasRoomFor(as: TappedAs): boolean {
    return this.#networks.size < MAX_TAPPED_NETWORKS || this.#networks.has(keyOf(as))
  }

  /**
   * What cannot be opened fails at once the next time: every photo of a job asks again.
   * @throws InputError as `probedNetwork`, `layersOf` and `openTappedNetwork`
   */
  open(as: TappedAs): Promise<TappedNetwork> {
    const key = keyOf(as)
    const known = this.#networks.get(key)
    if (known) return known
    const { tap, ...options } = as
    this.#probed ??= probedNetwork(this.#model, this.#input)
    const opened = this.#probed.then((probed) => {
      return openTappedNetwork(probed, { ...options, layers: layersOf(probed, tap) }, this.#provider)
    })
    this.#networks.set(key, opened)
    opened.catch((error: unknown) => this.#failed(key, error))
    return opened
  }

  /** A lack of memory may pass. */
  #failed(key: string, error: unknown): void {
    if (retryOf(error) === 'never') return
    this.#networks.delete(key)
    this.#probed = undefined
  }
}

const keyOf = ({ tap, backward, guided, apart = false }: TappedAs): string =>
  JSON.stringify([tap, backward, guided, apart])
