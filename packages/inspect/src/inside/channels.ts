import { MIN_OBJECTNESS } from '@fanlight/contracts'
import { type PreparedImage, scorer } from '@fanlight/detector/inside'
import { cropSquare, type DecodedImage, encodePng, renderThumbnail, toImage } from '@fanlight/image'
import {
  type ChannelOf,
  channelPeaks,
  channelRelevance,
  type FilterOf,
  filterBehind,
  kernelGrid,
  type Peaks,
} from '@fanlight/network'
import { isFanlightError } from '@fanlight/ports'
import {
  chosenLayers,
  type LayerSize,
  type OpenDetector,
  silencingAt,
  sizeOf,
  tappedAt,
  watch,
} from './open-detector.ts'
import { type Detection, detectionsIn, inNetwork, scoreGradient } from './targets.ts'

export interface ChannelsOptions {
  /** @default the neck's scales */
  readonly layer?: string | undefined
  readonly minScore: number
  /** Only detections of this class. */
  readonly class?: number | undefined
}

/** What the channels of some layers said of one photo's detections. */
export interface PhotoChannels {
  readonly layers: readonly LayerSize[]
  readonly detections: readonly (Detection & {
    /** By layer, a number a channel: Σ gradient × activation. */
    readonly relevance: readonly Float64Array[]
  })[]
  /** By layer. */
  readonly peaks: readonly Peaks[]
}

/** One backward pass a detection. */
export async function channelsIn(
  detector: OpenDetector,
  image: PreparedImage,
  options: ChannelsOptions,
): Promise<PhotoChannels> {
  const names = chosenLayers(detector, options.layer)
  const layers = names.map((name) => sizeOf(detector, name))
  const silencing = await silencingAt(detector, names)
  const outputs = await silencing.run(image)
  const all = detectionsIn(detector, image, { outputs, minScore: options.minScore })
  const wanted = all.filter((one) => options.class === undefined || one.class === options.class)
  const tapped = await tappedAt(detector, names, false)
  const detections: PhotoChannels['detections'][number][] = []
  let peaks: readonly Peaks[] = []
  for (const detection of wanted) {
    const { cotangents } = scoreGradient(detector, { outputs, target: inNetwork(image, detection) })
    const { taps } = await tapped.run(image.base, cotangents)
    detections.push({ ...detection, relevance: taps.map(channelRelevance) })
    if (peaks.length === 0) peaks = taps.map(channelPeaks)
  }
  if (peaks.length === 0) {
    const { values } = await watch(detector, image, names)
    peaks = layers.map((layer) => channelPeaks({ ...layer, activation: values.get(layer.name)! }))
  }
  return { layers, detections, peaks }
}

export interface SilenceQuestion {
  readonly layer?: string | undefined
  readonly targets: readonly Detection[]
  readonly channels: readonly ChannelOf[]
}

/** Scores of the targets: as it is, then without each channel; [channels + 1][targets]. One forward each. */
export async function silence(
  detector: OpenDetector,
  image: PreparedImage,
  { layer, targets, channels }: SilenceQuestion,
): Promise<readonly Float32Array[]> {
  const network = await silencingAt(detector, chosenLayers(detector, layer))
  const score = scorer({
    targets: targets.map((target) => inNetwork(image, target)),
    objectives: ['score'],
    minObjectness: MIN_OBJECTNESS,
  })
  const rows: Float32Array[] = []
  for (const silent of [undefined, ...channels]) {
    rows.push(score(detector.decode(await network.run(image, silent))).slice())
  }
  return rows
}

/** Pixels of the network's input that a patch shows, at least this share of its side, and this many cells. */
const PATCH_SHARE = 0.2
const PATCH_CELLS = 6
const PATCH_PX = 96

/**
 * Parts of the photo around cells of layers. What a cell sees reaches further than that, ever fainter.
 * @returns WebP, `PATCH_PX` square
 */
export async function patchesOf(
  { descriptor }: OpenDetector,
  photo: { readonly pixels: DecodedImage; readonly image: PreparedImage },
  places: readonly { readonly layer: LayerSize; readonly cell: number }[],
): Promise<readonly Uint8Array[]> {
  const { placement } = photo.image
  const crops = places.map(async ({ layer, cell }) => {
    const [column, row] = [cell % layer.width, Math.floor(cell / layer.width)]
    const stride = descriptor.width / layer.width
    const x = (column + 0.5) * stride
    const y = ((row + 0.5) * descriptor.height) / layer.height
    const [left, top] = toImage(placement, [x, y, x, y])
    const size =
      Math.max(PATCH_CELLS * stride, PATCH_SHARE * descriptor.width) / Math.min(placement.scaleX, placement.scaleY)
    const crop = await cropSquare(photo.pixels, { x: left, y: top }, { size, side: PATCH_PX })
    return renderThumbnail(crop, PATCH_PX, { format: 'webp' })
  })
  return await Promise.all(crops)
}

/** A channel's filter in the file, with a picture of it. */
export interface FilterPicture extends FilterOf {
  readonly width: number
  readonly height: number
  readonly png: Uint8Array
}

/** @returns null for a channel that no single filter makes, or whose kernel cannot be drawn */
export async function filtersOf(
  detector: OpenDetector,
  channels: readonly (ChannelOf & { readonly value: string })[],
): Promise<readonly (FilterPicture | null)[]> {
  const { model, probed, descriptor } = detector
  const channelsOf = (value: string) => Number(probed.shapes.get(value)?.[1] ?? Number.NaN)
  return await Promise.all(
    channels.map(async ({ value, channel }) => {
      const found = filterBehind(model, value, channel, channelsOf)
      if (!found) return null
      try {
        const options = { layer: found.layer, filters: [found.filter], channels: descriptor.preprocess.channels }
        const { width, height, data } = kernelGrid(model, options)
        return { ...found, width, height, png: await encodePng({ width, height, data }) }
      } catch (error) {
        if (isFanlightError(error)) return null
        throw error
      }
    }),
  )
}
