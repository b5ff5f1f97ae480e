import type { Tap } from '@fanlight/contracts'
import {
  type Dim,
  distributionOf,
  ElemType,
  fixedShapes,
  foldFocus,
  GraphEditor,
  layerNamed,
  type Model,
  neckOf,
  normalised,
  shapeProbe,
  signatureOf,
  vjp,
} from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import type { LayerTap } from '@fanlight/saliency'
import type { Tensor } from 'onnxruntime-node'
import type { Cotangents, Outputs } from '../family.ts'
import type { Provider } from '../provider.ts'
import type { ImageInput } from '../signature-reading.ts'
import { feed } from './masked-network.ts'
import { float32Output, openSession } from './onnx-session.ts'

/** A network that also tells what goes on at some of its values, one photo a run. */
export interface TappedNetwork {
  /** Names of the values. */
  readonly layers: readonly string[]
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

export interface TappedOptions {
  /** Names of values, as `layersOf` gives them. */
  readonly layers: readonly string[]
  /** Whether gradients are taken too. */
  readonly backward: boolean
  readonly guided: boolean
  /** As of `vjp`. @default false */
  readonly apart?: boolean
  /** Whether the distribution of distances, where there is one, is an output too, behind the file's. @default false */
  readonly distances?: boolean
}

/** A network in its normal form, with what a run told about it. */
export interface ProbedNetwork {
  readonly model: Model
  readonly input: ImageInput
  readonly shapes: ReadonlyMap<string, readonly Dim[]>
}

/** @throws InputError `MODEL_*` for what has no normal form, or does not run */
export async function probedNetwork(model: Model, input: ImageInput): Promise<ProbedNetwork> {
  const editor = new GraphEditor(normalised(model, { freeBatch: false }))
  foldFocus(editor, input.name)
  const normal = editor.model
  const probe = shapeProbe(normal)
  const session = await openSession(probe.model, 'cpu')
  try {
    const { width, height, name } = input
    const grey = feed(new Float32Array(3 * width * height).fill(0.5), [1, 3, height, width])
    const shapes = probe.read(await session.run({ [name]: grey }))
    return { model: fixedShapes(normal, shapes), input, shapes }
  } finally {
    await session.release()
  }
}

/** @throws InputError `MODEL_UNSUPPORTED` for an operator without a gradient */
export async function openTappedNetwork(
  probed: ProbedNetwork,
  { layers, backward, guided, apart = false, distances = false }: TappedOptions,
  provider: Provider,
): Promise<TappedNetwork> {
  const { model, shapes } = probed
  const distribution = distances ? distributionOf(model, shapes) : undefined
  const outputs = [...signatureOf(model).outputs.map(({ name }) => name), ...(distribution ? [distribution] : [])]
  const gradient = backward
    ? vjp(model, { wrt: layers, outputs: differentiable(probed, outputs), shapes, guided, apart })
    : undefined
  const editor = new GraphEditor(gradient?.model ?? model)
  // An input is no output: what it holds is known.
  for (const layer of [...layers, ...outputs]) {
    if (!editor.isOutput(layer) && !editor.input(layer)) editor.addOutput(layer, ElemType.FLOAT, shapes.get(layer)!)
  }
  // Without a pattern of memory, what a backward pass keeps is let go as soon as it was used.
  const session = await openSession(editor.model, provider, { enableMemPattern: false })
  return {
    layers,
    close: () => session.release(),
    async run(image, cotangents) {
      const feeds: Record<string, Tensor> = { [probed.input.name]: image }
      for (const [at, output] of outputs.entries()) {
        const name = gradient?.cotangents[output]
        if (name === undefined) continue
        const dims = shapes.get(output)!.map(Number)
        feeds[name] = feed(cotangents?.[at] ?? new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims)
      }
      const ran = await session.run(feeds)
      return {
        outputs: outputs.map((name) => float32Output(name, ran[name]!)),
        taps: layers.map((layer) => {
          const activation = valuesOf(ran[layer] ?? feeds[layer]!)
          const back = gradient && valuesOf(ran[gradient.gradients[layer]!]!)
          return { ...pictureOf(probed, layer), activation, gradient: back ?? new Float32Array() }
        }),
      }
    },
  }
}

const valuesOf = (tensor: Tensor) => tensor.data as Float32Array

/** Outputs that are no floats are read by nobody. */
const differentiable = ({ shapes }: ProbedNetwork, outputs: readonly string[]) =>
  outputs.filter((name) => shapes.has(name))

/**
 * The values that a tap stands for.
 * @throws InputError `USAGE` for a layer that does not exist; `MODEL_UNSUPPORTED` for one without a picture's form, and
 *   for a network in which no feature map is found
 */
export function layersOf(probed: ProbedNetwork, tap: Tap): readonly string[] {
  const { model, shapes, input } = probed
  if (tap.kind === 'input') return [input.name]
  if (tap.kind === 'layer') {
    const name = layerNamed(model, tap.name)
    pictureOf(probed, name)
    return [name]
  }
  const neck = neckOf(model, shapes, input.name)
  if (neck.length > 0) return neck
  const remedy = 'name a layer, or take a method at the input'
  throw new InputError(
    'MODEL_UNSUPPORTED',
    `no feature maps are found that the network's outputs are read from: ${remedy}`,
  )
}

/** Channels and size of a value that has the form of a picture. */
function pictureOf({ shapes }: ProbedNetwork, layer: string): Pick<LayerTap, 'channels' | 'height' | 'width'> {
  const [batch, channels, height, width, ...more] = shapes.get(layer) ?? []
  const sizes = [channels, height, width]
  if (batch === 1 && more.length === 0 && sizes.every((size) => typeof size === 'number'))
    return { channels: channels as number, height: height as number, width: width as number }
  const shape = shapes.get(layer)?.join(', ') ?? 'unknown'
  const remedy = 'take the output of a convolution'
  throw new InputError(
    'MODEL_UNSUPPORTED',
    `the layer ${JSON.stringify(layer)} is [${shape}], not [1, channels, height, width]: ${remedy}`,
  )
}
