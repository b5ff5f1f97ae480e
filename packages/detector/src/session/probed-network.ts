import type { Tap } from '@fanlight/contracts'
import {
  type Dim,
  fixedShapes,
  foldFocus,
  GraphEditor,
  layerNamed,
  type Model,
  neckOf,
  normalised,
  shapeProbe,
} from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import type { LayerTap } from '@fanlight/saliency'
import type { ImageInput } from '../signature-reading.ts'
import { feed } from './masked-network.ts'
import { openSession } from './onnx-session.ts'

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

/**
 * Channels and size of a value that has the form of a picture.
 * @throws InputError `MODEL_UNSUPPORTED` for any other
 */
export function pictureOf({ shapes }: ProbedNetwork, layer: string): Pick<LayerTap, 'channels' | 'height' | 'width'> {
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
