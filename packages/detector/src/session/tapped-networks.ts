import type { Model } from '@fanlight/onnx'
import { retryOf } from '@fanlight/ports'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import { openLocalNeck } from './local-neck.ts'
import { layersOf, type ProbedNetwork, probedNetwork } from './probed-network.ts'
import { keyOf, type TappedAs } from './tapped-as.ts'
import { decodeTapped, encodeTapped, type TappedModel, tappedModel } from './tapped-model.ts'
import { openTappedModel, type TappedNetwork } from './tapped-network.ts'

/**
 * Sessions beside the one that masks, unless said otherwise: the input, the input guided, the neck and the neck without gradients, and two
 * named layers. Another one needs another process, because onnxruntime does not give back all that a session took
 * (microsoft/onnxruntime#25325).
 */
const MAX_TAPPED_NETWORKS = 6

/** What is larger is built by each process: sending it about costs as much. */
const MAX_KEPT_BYTES = 64 * 2 ** 20

/** The tapped networks of one file, opened when they are first asked for. */
export class TappedNetworks {
  readonly #model: Model
  readonly #input: ImageInput
  readonly #provider: Provider
  readonly #most: number
  #probed: Promise<ProbedNetwork> | undefined
  readonly #networks = new Map<string, Promise<TappedNetwork>>()

  constructor(model: Model, input: ImageInput, provider: Provider, most = MAX_TAPPED_NETWORKS) {
    this.#model = model
    this.#input = input
    this.#provider = provider
    this.#most = most
  }

  /** Whether it is open, or another process is not needed to open it. */
  hasRoomFor(as: TappedAs): boolean {
    return this.#networks.size < this.#most || this.#networks.has(keyOf(as))
  }

  /**
   * What cannot be opened fails at once the next time: every photo of a job asks again.
   * @throws InputError as `probedNetwork`, `layersOf` and `tappedModel`
   */
  open(as: TappedAs): Promise<TappedNetwork> {
    const open = async () => (await this.#inParts(as)) ?? this.#start(await this.#build(as))
    return this.#networks.get(keyOf(as)) ?? this.#hold(as, open())
  }

  /**
   * The same, of what another process built, if that is of use here.
   * @param kept what such a call gave another process
   * @returns what it had to build, unless that is too large to keep; undefined also where it was open, or cannot be
   */
  async openKept(as: TappedAs, kept: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    if (this.#networks.has(keyOf(as))) return undefined
    const built: TappedModel[] = []
    const build = async () => {
      const inParts = await this.#inParts(as)
      if (inParts) return inParts
      const model = await this.#build(as)
      built.push(model)
      return this.#start(model)
    }
    const taken = async () => this.#start(decodeTapped(kept!, { maxBytes: MAX_KEPT_BYTES }))
    const opened = this.#hold(as, kept ? taken().catch(build) : build())
    // Whoever opens it next is told.
    await opened.catch(() => {})
    const bytes = built[0] && encodeTapped(built[0])
    return bytes && bytes.byteLength <= MAX_KEPT_BYTES ? bytes : undefined
  }

  /** A neck, where its heads are local: several small networks, which each process builds for itself. */
  async #inParts({
    tap,
    backward,
    guided,
    apart = false,
    distances = false,
  }: TappedAs): Promise<TappedNetwork | undefined> {
    if (tap.kind !== 'neck' || !backward || guided || !apart || distances) return undefined
    const probed = await this.#probe()
    return openLocalNeck(probed, layersOf(probed, tap), this.#provider)
  }

  #probe(): Promise<ProbedNetwork> {
    this.#probed ??= probedNetwork(this.#model, this.#input)
    return this.#probed
  }

  async #build({ tap, ...options }: TappedAs): Promise<TappedModel> {
    const probed = await this.#probe()
    return tappedModel(probed, { ...options, layers: layersOf(probed, tap) })
  }

  readonly #start = (model: TappedModel) => openTappedModel(model, this.#provider)

  #hold(as: TappedAs, opened: Promise<TappedNetwork>): Promise<TappedNetwork> {
    const key = keyOf(as)
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
