import type { Box, Descriptor } from '@fanlight/contracts'
import {
  checkFinite,
  type Decoder,
  decoderOf,
  feed,
  iouAt,
  layersOf,
  openTappedNetwork,
  type Predictions,
  type ProbedNetwork,
  probedNetwork,
  type TappedNetwork,
} from '@fanlight/detector/inside'
import { endingAt } from '@fanlight/network'
import { layerNamed, type Model } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import type { DreamAim, Height } from './aim.ts'
import { logOddsOf, surest } from './log-odds.ts'
import { pictureGradient, tensorOf } from './picture-tensor.ts'

/** Height and slope of a dream's objective at pictures. */
export interface Ascent {
  /** @param picture RGB, float32 [3, height, width], 0..1 */
  at(picture: Float32Array): Promise<Height & { readonly gradient: Float32Array }>
  /** Lets go of its sessions. */
  close(): Promise<void>
}

/** Predictions that a class is raised at, so that it shows more than once, and none has to be chosen. */
const SUREST = 8

/**
 * @throws InputError `MODEL_UNSUPPORTED` for an operator without a gradient, or a layer without a picture's form; `USAGE` for a layer, a channel or a class that does not exist
 */
export async function openAscent(model: Model, descriptor: Descriptor, aim: DreamAim): Promise<Ascent> {
  const { inputName: name, width, height, classNames } = descriptor
  if (aim.kind !== 'channel' && !(aim.class in classNames)) {
    throw new InputError('USAGE', `there is no class ${aim.class}: the detector has 0 to ${classNames.length - 1}`)
  }
  const probed = await probedNetwork(model, { name, width, height })
  if (aim.kind !== 'channel') return classAscent(probed, descriptor, aim)
  // Nodes may have gone under other names; what they make has not.
  return channelAscent(probed, descriptor, { ...aim, layer: layerNamed(model, aim.layer) })
}

async function channelAscent(
  probed: ProbedNetwork,
  descriptor: Descriptor,
  { layer, channel }: DreamAim & { kind: 'channel' },
): Promise<Ascent> {
  const [value] = layersOf(probed, { kind: 'layer', name: layer })
  if (value === undefined || value === probed.input.name) {
    throw new InputError('USAGE', `${JSON.stringify(layer)} is the picture itself: name a layer behind it`)
  }
  const [, channels, rows, columns] = probed.shapes.get(value)!.map(Number)
  if (!(channel >= 0 && channel < channels!)) {
    const message = `there is no channel ${channel} in ${JSON.stringify(layer)}, which has 0 to ${channels! - 1}`
    throw new InputError('USAGE', message)
  }
  const size = rows! * columns!
  const cotangent = new Float32Array(channels! * size).fill(1 / size, channel * size, (channel + 1) * size)
  const ending = endingAt(probed.model, value, probed.shapes.get(value)!)
  const network = await gradientOf({ ...probed, model: ending })
  return {
    async at(picture) {
      const { outputs, taps } = await network.run(imageOf(picture, descriptor), [cotangent])
      checkFinite(outputs)
      const sum = outputs[0]!.data.subarray(channel * size, (channel + 1) * size).reduce((sum, each) => sum + each, 0)
      return { value: sum / size, score: null, gradient: pictureGradient(taps[0]!.gradient, descriptor) }
    },
    close: () => network.close(),
  }
}

async function classAscent(
  probed: ProbedNetwork,
  descriptor: Descriptor,
  aim: DreamAim & { kind: 'class' | 'detection' },
): Promise<Ascent> {
  const decode = decoderOf(descriptor)
  const forward = await openTappedNetwork(
    probed,
    { layers: [probed.input.name], backward: false, guided: false },
    'cpu',
  )
  const backward = await gradientOf(probed)
  const predict = async (picture: Float32Array) => {
    const { outputs } = await forward.run(imageOf(picture, descriptor))
    checkFinite(outputs)
    return outputs
  }
  const held = aim.kind === 'detection' ? await heldOnGrey(decode, predict, { aim, descriptor }) : undefined
  return {
    async at(picture) {
      const outputs = await predict(picture)
      const predictions = decode(outputs)
      const indices = held ?? surest(predictions, aim.class, SUREST)
      const cotangents = outputs.map(({ data }) => new Float32Array(data.length))
      const height = logOddsOf(predictions, { indices, classIndex: aim.class }, cotangents)
      const { taps } = await backward.run(imageOf(picture, descriptor), cotangents)
      return { ...height, gradient: pictureGradient(taps[0]!.gradient, descriptor) }
    },
    async close() {
      await forward.close()
      await backward.close()
    },
  }
}

const gradientOf = (probed: ProbedNetwork): Promise<TappedNetwork> =>
  openTappedNetwork(probed, { layers: [probed.input.name], backward: true, guided: false }, 'cpu')

const imageOf = (picture: Float32Array, descriptor: Descriptor) =>
  feed(tensorOf(picture, descriptor), [1, 3, descriptor.height, descriptor.width])

/** On grey, the boxes of a detector lie where its cells and anchors have them. */
async function heldOnGrey(
  decode: Decoder,
  predict: (picture: Float32Array) => Promise<Parameters<Decoder>[0]>,
  { aim, descriptor }: { aim: { readonly box: Box }; descriptor: Descriptor },
): Promise<readonly number[]> {
  const grey = new Float32Array(3 * descriptor.width * descriptor.height).fill(0.5)
  return [nearestBox(decode(await predict(grey)), aim.box)]
}

/** Of the largest overlap; where none overlaps, of the nearest centre; the first of equals. */
function nearestBox(predictions: Predictions, wanted: Box): number {
  const target = Float64Array.from(wanted)
  const box = new Float64Array(4)
  let [best, nearest] = [Number.NEGATIVE_INFINITY, 0]
  for (let index = 0; index < predictions.count; index++) {
    predictions.box(index, box)
    const apart = Math.hypot(box[0]! + box[2]! - target[0]! - target[2]!, box[1]! + box[3]! - target[1]! - target[3]!)
    const iou = iouAt(box, 0, target, 0)
    const nearness = iou > 0 ? iou : -apart
    if (nearness > best) [best, nearest] = [nearness, index]
  }
  return nearest
}
