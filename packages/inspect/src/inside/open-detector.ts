import type { Descriptor } from '@fanlight/contracts'
import {
  type Decoder,
  decoderOf,
  feed,
  float32Output,
  layersOf,
  type Outputs,
  openSession,
  openTappedNetwork,
  type PreparedImage,
  type ProbedNetwork,
  probedNetwork,
  type TappedNetwork,
} from '@fanlight/detector/inside'
import { ElemType, GraphEditor, type Model, signatureOf } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'

/** A detector whose inside is looked at, in this process. */
export interface OpenDetector {
  /** As the file has it. */
  readonly model: Model
  readonly descriptor: Descriptor
  readonly decode: Decoder
  readonly probed: ProbedNetwork
  /** The few that were opened last. */
  readonly networks: LastFew
}

/** Names and sizes of a value that has the form of a picture. */
export interface LayerSize {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** @throws InputError `MODEL_*` for a network that has no normal form, or does not run */
export async function openDetector(model: Model, descriptor: Descriptor): Promise<OpenDetector> {
  const input = { name: descriptor.inputName, width: descriptor.width, height: descriptor.height }
  const probed = await probedNetwork(model, input)
  return { model, descriptor, decode: decoderOf(descriptor), probed, networks: new LastFew() }
}

const KEPT = 2

/** A session of a network takes its memory with it: only those that are asked for again and again are kept. */
class LastFew {
  readonly #kept = new Map<string, unknown>()

  async get<T>(key: string, open: () => Promise<T>): Promise<T> {
    const known = this.#kept.get(key) as T | undefined
    const opened = known ?? (await open())
    this.#kept.delete(key)
    this.#kept.set(key, opened)
    if (this.#kept.size > KEPT) this.#kept.delete([...this.#kept.keys()][0]!)
    return opened
  }
}

/**
 * The layer of that name, or the neck.
 * @throws InputError as `layersOf`
 */
export const chosenLayers = ({ probed }: OpenDetector, layer: string | undefined): readonly string[] =>
  layersOf(probed, layer === undefined ? { kind: 'neck' } : { kind: 'layer', name: layer })

export function sizeOf({ probed }: OpenDetector, name: string): LayerSize {
  const [, channels, height, width] = (probed.shapes.get(name) ?? []).map(Number)
  return { name, channels: channels!, height: height!, width: width! }
}

/**
 * @param apart whether a layer's gradient leaves out what goes on through the others
 * @throws InputError as `openTappedNetwork`
 */
export const tappedAt = (
  { probed, networks }: OpenDetector,
  layers: readonly string[],
  apart: boolean,
): Promise<TappedNetwork> =>
  networks.get(`tapped ${apart} ${JSON.stringify(layers)}`, () =>
    openTappedNetwork(probed, { layers, backward: true, guided: false, apart }, 'cpu'),
  )

/** Outputs of the network and of its values that were asked for, by name. */
export interface Watched {
  readonly outputs: Outputs
  readonly values: ReadonlyMap<string, Float32Array>
}

/**
 * One forward that also tells some float values of the network. The session is let go at once: with many values it
 * holds much.
 */
export async function watch(
  { probed }: OpenDetector,
  image: PreparedImage,
  values: readonly string[],
): Promise<Watched> {
  const { model, shapes, input } = probed
  const editor = new GraphEditor(model)
  for (const value of values) {
    if (!editor.isOutput(value) && !editor.input(value))
      editor.addOutput(value, ElemType.FLOAT, shapes.get(value) ?? [])
  }
  const session = await openSession(editor.model, 'cpu', { enableMemPattern: false })
  try {
    const feeds = { [input.name]: image.base }
    const ran = await session.run(feeds)
    const dataOf = (value: string) => (ran[value] ?? feeds[value]!).data as Float32Array
    return {
      outputs: signatureOf(model).outputs.map(({ name }) => float32Output(name, ran[name]!)),
      values: new Map(values.map((value) => [value, dataOf(value)])),
    }
  } finally {
    await session.release()
  }
}

/** A network some of whose channels can be turned off. */
export interface SilencingNetwork {
  /** @param silent by layer, as `layers` has them */
  run(image: PreparedImage, silent?: { readonly layer: number; readonly channel: number }): Promise<Outputs>
}

/**
 * Each layer's value is multiplied by an input [1, channels, 1, 1] on its way to whatever reads it, so that turning a
 * channel off costs one forward and no new session.
 * @throws InputError `USAGE` for a layer that nothing reads
 */
export async function openSilencing(detector: OpenDetector, layers: readonly string[]): Promise<SilencingNetwork> {
  const { probed } = detector
  const editor = new GraphEditor(probed.model)
  const masks = layers.map((layer) => {
    const { channels } = sizeOf(detector, layer)
    const mask = editor.addInput(editor.freshName('fanlight.mask'), ElemType.FLOAT, [1, channels, 1, 1])
    const masked = editor.freshName(`${layer}.masked`)
    editor.renameUses(layer, masked)
    const [reader] = editor.consumers(masked)
    if (!reader) {
      const shown = JSON.stringify(layer)
      throw new InputError('USAGE', `nothing reads the layer ${shown}, so turning it off does nothing: take another`)
    }
    editor.addNode('Mul', { inputs: [layer, mask], outputs: [masked], at: reader })
    return { mask, channels }
  })
  const session = await openSession(editor.model, 'cpu')
  const names = signatureOf(probed.model).outputs.map(({ name }) => name)
  return {
    async run(image, silent) {
      const feeds = masks.map(({ mask, channels }, layer) => {
        const values = new Float32Array(channels).fill(1)
        if (silent?.layer === layer) values[silent.channel] = 0
        return [mask, feed(values, [1, channels, 1, 1])] as const
      })
      const ran = await session.run({ ...Object.fromEntries(feeds), [probed.input.name]: image.base })
      return names.map((name) => float32Output(name, ran[name]!))
    },
  }
}

export const silencingAt = (detector: OpenDetector, layers: readonly string[]): Promise<SilencingNetwork> =>
  detector.networks.get(`silencing ${JSON.stringify(layers)}`, () => openSilencing(detector, layers))
