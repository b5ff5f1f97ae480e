import type { Variant } from '@fanlight/contracts'
import { type Model, randomised } from '@fanlight/onnx'
import { retryOf } from '@fanlight/ports'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import { type MaskedNetwork, openMaskedNetwork } from './masked-network.ts'
import type { TappedAs } from './tapped-as.ts'
import { TappedNetworks } from './tapped-networks.ts'

/** How a network's weights are drawn anew. */
export type Redrawn = NonNullable<Variant['weights']>

/** Each is a network of its own beside that of the file; another one needs another process: see TappedNetworks. */
const MAX_REDRAWN = 3
/** Of each: a method asks for one. */
const MAX_TAPPED = 2

/** The network of a file with other weights, masked and with ways to look inside. */
export interface RandomisedNetwork {
  readonly network: MaskedNetwork
  readonly tapped: TappedNetworks
}

/** The randomised networks of one file, opened when they are first asked for, and kept by how they were drawn. */
export class RandomisedNetworks {
  readonly #model: Model
  readonly #input: ImageInput
  readonly #provider: Provider
  readonly #networks = new Map<string, { tapped: TappedNetworks | undefined; opened: Promise<RandomisedNetwork> }>()

  constructor(model: Model, input: ImageInput, provider: Provider) {
    this.#model = model
    this.#input = input
    this.#provider = provider
  }

  /** Whether it is open, or another process is not needed to open it. @param as what is to be looked at, if anything */
  hasRoomFor(weights: Redrawn, as?: TappedAs): boolean {
    const known = this.#networks.get(keyOf(weights))
    if (!known) return this.#networks.size < MAX_REDRAWN
    return !as || !known.tapped || known.tapped.hasRoomFor(as)
  }

  /**
   * What cannot be opened fails at once the next time.
   * @throws InputError as `randomised`, and `MODEL_INVALID` for what onnxruntime refuses
   */
  open(weights: Redrawn): Promise<RandomisedNetwork> {
    const key = keyOf(weights)
    const known = this.#networks.get(key)
    if (known) return known.opened
    const held = { tapped: undefined as TappedNetworks | undefined, opened: this.#open(weights) }
    this.#networks.set(key, held)
    held.opened.then(
      ({ tapped }) => {
        held.tapped = tapped
      },
      (error: unknown) => {
        // A lack of memory may pass.
        if (retryOf(error) !== 'never') this.#networks.delete(key)
      },
    )
    return held.opened
  }

  async #open(weights: Redrawn): Promise<RandomisedNetwork> {
    const model = randomised(this.#model, weights)
    const network = await openMaskedNetwork(model, this.#input, this.#provider)
    return { network, tapped: new TappedNetworks(model, this.#input, this.#provider, MAX_TAPPED) }
  }
}

const keyOf = ({ seed, layers }: Redrawn): string => JSON.stringify([seed, layers])
