import type { PreparedImage } from '@fanlight/detector/inside'
import { type DecodedImage, renderBoxes, renderTiles, type Tile } from '@fanlight/image'
import {
  type ActivationStatistics,
  activationFunctionsOf,
  activationStatistics,
  channelRelevance,
} from '@fanlight/network'
import { digits } from '@fanlight/network/words'
import { ElemType, elemTypesIn } from '@fanlight/onnx'
import { boxInTile, featureTile, photoWindow } from './feature-tile.ts'
import {
  chosenLayers,
  type LayerSize,
  type OpenDetector,
  sizeOf,
  tappedAt,
  type Watched,
  watch,
} from './open-detector.ts'
import { type Choice, chosenDetection, type Detection, detectionsIn, inNetwork, scoreGradient } from './targets.ts'

export interface ActivationsOptions extends Choice {
  /** Name of a layer or a value. @default the scale of the neck that the detection is read from */
  readonly layer?: string | undefined
  readonly minScore: number
}

export interface ChannelFact {
  /** From 0. */
  readonly channel: number
  /** Σ gradient × activation: above zero it speaks for the detection. */
  readonly relevance: number
  readonly min: number
  readonly max: number
}

/** What goes on inside a detector while it reads one photo. Text may come from the file: escape it. */
export interface ActivationsView {
  readonly detections: readonly Detection[]
  /** Which of them is looked at. */
  readonly target: number
  readonly layer: LayerSize
  /** The largest relevance first. */
  readonly channels: readonly ChannelFact[]
  /** Why no channel says anything; null where some do. */
  readonly vanished: string | null
  readonly functions: readonly ActivationStatistics[]
  readonly pictures: {
    /** JPEG: the photo with the detection's box. */
    readonly photo: Uint8Array
    /** PNG: channels that speak for the detection, the strongest first; null without any. */
    readonly best: Uint8Array | null
    /** PNG: those that speak against it, the strongest first. */
    readonly worst: Uint8Array | null
  }
}

/** Values of a network that are held at once; beyond it the photo is run again. */
const MAX_HELD_BYTES = 256 * 2 ** 20
const SHOWN_CHANNELS = 32
const COLUMNS = 8

/** @throws InputError `NOT_FOUND` without such a detection; `USAGE`, `MODEL_UNSUPPORTED` as the tapped networks */
export async function activationsOf(
  detector: OpenDetector,
  photo: { readonly pixels: DecodedImage; readonly image: PreparedImage },
  options: ActivationsOptions,
): Promise<ActivationsView> {
  const { image, pixels } = photo
  const { minScore } = options
  const layers = chosenLayers(detector, options.layer)
  const { outputs } = await watch(detector, image, [])
  const detections = detectionsIn(detector, image, { outputs, minScore })
  const target = chosenDetection(detections, options, minScore)
  const held = inNetwork(image, detections[target]!)
  const { cotangents, vanished } = scoreGradient(detector, { outputs, target: held })
  const tapped = await tappedAt(detector, layers, true)
  const { taps } = await tapped.run(image.base, cotangents)
  // Apart, only the scale that the detection is read from has a gradient.
  const sizes = taps.map(({ gradient }) => gradient.reduce((sum, value) => sum + Math.abs(value), 0))
  const at = sizes.indexOf(Math.max(...sizes))
  const tap = taps[at]!
  const layer = sizeOf(detector, layers[at]!)
  const channels = ranked(tap.activation, channelRelevance(tap), layer)
  const place = { layer, image, box: held.box, activation: tap.activation }
  const best = channels.filter(({ relevance }) => relevance > 0).slice(0, SHOWN_CHANNELS)
  const worst = channels
    .filter(({ relevance }) => relevance < 0)
    .slice(-SHOWN_CHANNELS)
    .reverse()
  return {
    detections,
    target,
    layer,
    channels,
    vanished: vanished ?? (best.length + worst.length === 0 ? 'no channel of this layer changes its score' : null),
    functions: await functionStatistics(detector, image),
    pictures: {
      photo: await renderBoxes(pixels, [detections[target]!.box], { maxSide: 640, format: 'jpeg' }),
      best: await sheetOf(detector, best, place),
      worst: await sheetOf(detector, worst, place),
    },
  }
}

function ranked(activation: Float32Array, relevance: Float64Array, layer: LayerSize): readonly ChannelFact[] {
  const cells = layer.height * layer.width
  const facts = Array.from(relevance, (value, channel) => {
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let at = channel * cells; at < (channel + 1) * cells; at++) {
      min = Math.min(min, activation[at]!)
      max = Math.max(max, activation[at]!)
    }
    return { channel, relevance: value, min, max }
  })
  return facts.sort((a, b) => b.relevance - a.relevance)
}

interface Place {
  readonly layer: LayerSize
  readonly image: PreparedImage
  readonly box: Parameters<typeof boxInTile>[0]
  readonly activation: Float32Array
}

async function sheetOf(
  { descriptor }: OpenDetector,
  channels: readonly ChannelFact[],
  { layer, image, box, activation }: Place,
): Promise<Uint8Array | null> {
  if (channels.length === 0) return null
  const window = photoWindow(image, layer, descriptor)
  const cells = layer.height * layer.width
  const tiles = channels.map(({ channel, relevance }): Tile => {
    const { picture, scale } = featureTile(activation.subarray(channel * cells, (channel + 1) * cells), layer, window)
    const caption = [`channel ${channel}`, `${relevance > 0 ? '+' : ''}${digits(relevance)}`]
    return { picture, caption, box: boxInTile(box, layer, { input: descriptor, window, scale }) }
  })
  return await renderTiles(tiles, COLUMNS)
}

/** Neighbours together, as many as are within a size; what is larger by itself is alone. */
export function groupsWithin<T>(items: readonly T[], bytesOf: (item: T) => number, maxBytes: number): readonly T[][] {
  const groups: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    bytes += bytesOf(item)
    if (bytes <= maxBytes) groups.at(-1)!.push(item)
    else {
      groups.push([item])
      bytes = bytesOf(item)
    }
  }
  return groups
}

async function functionStatistics(
  detector: OpenDetector,
  image: PreparedImage,
): Promise<readonly ActivationStatistics[]> {
  const { model, shapes } = detector.probed
  const types = elemTypesIn(model)
  const shapeOf = (value: string) => shapes.get(value)?.map(Number) ?? []
  const isRead = (value: string) =>
    shapes.has(value) && types.get(value) === ElemType.FLOAT && shapeOf(value).every(Number.isInteger)
  const functions = activationFunctionsOf(model).filter(({ before, after }) => isRead(before) && isRead(after))
  const bytesOf = (value: string) => 4 * shapeOf(value).reduce((product, side) => product * side, 1)
  const groups = groupsWithin(functions, ({ before, after }) => bytesOf(before) + bytesOf(after), MAX_HELD_BYTES)
  const statistics: ActivationStatistics[] = []
  for (const group of groups) {
    const values = [...new Set(group.flatMap(({ before, after }) => [before, after]))]
    const watched: Watched = await watch(detector, image, values)
    const of = (value: string) => watched.values.get(value)!
    for (const one of group) {
      const seen = { before: of(one.before), after: of(one.after), shape: shapeOf(one.after) }
      statistics.push(activationStatistics(one, seen))
    }
  }
  return statistics
}
