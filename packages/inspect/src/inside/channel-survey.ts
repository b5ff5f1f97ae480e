import { type ChannelOf, ChannelTally, type Silenced, SilenceTally } from '@fanlight/network'
import { InputError, isFanlightError } from '@fanlight/ports'
import { WorkerError } from '@fanlight/supervise'
import type { ChannelsOptions, FilterPicture } from './channels.ts'
import type { DetectorFile, InsideViewer } from './inside-viewer.ts'
import type { LayerSize } from './open-detector.ts'
import { StrongestPhotos } from './strongest-photos.ts'
import type { Detection } from './targets.ts'

export interface SurveyPhoto {
  /** From outside: escape it. */
  readonly name: string
  read(): Promise<Uint8Array>
}

export interface SurveyOptions extends ChannelsOptions {
  /** After each photo of a pass. The second pass, over the photos with detections, turns channels off. */
  readonly onProgress?: (progress: SurveyProgress) => void
  readonly signal?: AbortSignal
}

export interface SurveyProgress {
  readonly pass: 'relevance' | 'silencing'
  readonly photos: number
  readonly of: number
}

/** A channel and a class. */
export interface DrivingChannel extends ChannelOf {
  /** Mean of Σ gradient × activation over the detections of the class. */
  readonly relevance: number
  /** Undefined where every photo with the class failed in the second pass. */
  readonly silenced: Silenced | undefined
}

export interface ClassChannels {
  readonly class: number
  readonly label: string
  readonly detections: number
  /** Those that speak most for the class, the strongest first, then the one that speaks most against it. */
  readonly channels: readonly DrivingChannel[]
}

export interface ChannelCard extends ChannelOf {
  readonly filter: FilterPicture | null
  /** Where in the photos it is strongest. */
  readonly patches: readonly { readonly photo: string; readonly value: number; readonly webp: Uint8Array }[]
}

/** Which channels of a detector drive which class, over some photos. */
export interface ChannelsView {
  readonly layers: readonly LayerSize[]
  /** Photos that were read, and those among them with detections. */
  readonly photos: number
  readonly photosWithDetections: number
  readonly detections: number
  readonly failures: readonly { readonly name: string; readonly message: string }[]
  /** The most frequent first. */
  readonly classes: readonly ClassChannels[]
  /** Classes that were seen, beyond those shown. */
  readonly classesLeftOut: number
  /** Each channel of `classes` once, by layer and number. */
  readonly cards: readonly ChannelCard[]
}

const MAX_CLASSES = 20
const FOR_A_CLASS = 5
const AGAINST_A_CLASS = 1

/** What a survey asks, and of whom. */
interface Survey {
  readonly viewer: InsideViewer
  readonly detector: DetectorFile
  readonly options: SurveyOptions
  /** Grows. */
  readonly failures: { name: string; message: string }[]
}

/** A photo that was read, and what was detected in it. */
interface Seen {
  readonly photo: SurveyPhoto
  readonly detections: readonly Detection[]
}

interface FirstPass {
  readonly layers: readonly LayerSize[]
  readonly seen: readonly Seen[]
  readonly tally: ChannelTally
  readonly strongest: StrongestPhotos
}

/**
 * Two passes over the photos, one after the other: what each channel says of each detection, then what becomes of the
 * scores when the channels that say most are turned off. A photo that cannot be read is told and passed over.
 * @throws InputError `MODEL_*`, `USAGE` for a layer that is not there, `NOT_FOUND` where nothing is detected
 */
export async function surveyChannels(
  viewer: InsideViewer,
  detector: DetectorFile,
  photos: readonly SurveyPhoto[],
  options: SurveyOptions,
): Promise<ChannelsView> {
  const failures: { name: string; message: string }[] = []
  const survey: Survey = { viewer, detector, options, failures }
  const { layers, seen, tally, strongest } = await relevancePass(survey, photos)
  const all = tally.classes
  if (all.length === 0) throw nothingFound(photos.length, failures, options)
  const shown = all.slice(0, MAX_CLASSES)
  const driving = new Map(shown.map((one) => [one.class, drivingChannels(tally, one.class)]))
  const withSome = seen.filter(({ detections }) => detections.length > 0)
  const silenced = await silencingPass(survey, withSome, driving)
  const labels = new Map(withSome.flatMap(({ detections }) => detections.map((one) => [one.class, one.label])))
  const channels = unique([...driving.values()].flat())
  return {
    layers,
    photos: seen.length,
    photosWithDetections: withSome.length,
    detections: all.reduce((sum, one) => sum + one.detections, 0),
    failures,
    classes: shown.map((one) => ({
      ...one,
      label: labels.get(one.class)!,
      channels: driving.get(one.class)!.map((channel) => ({ ...channel, silenced: silenced.of(one.class, channel) })),
    })),
    classesLeftOut: all.length - shown.length,
    cards: await cardsOf(survey, channels, { layers, strongest, photos: seen.map(({ photo }) => photo) }),
  }
}

async function relevancePass(survey: Survey, photos: readonly SurveyPhoto[]): Promise<FirstPass> {
  const { viewer, detector, failures } = survey
  const { layer, minScore, class: onlyClass, onProgress, signal } = survey.options
  const tally = new ChannelTally()
  const strongest = new StrongestPhotos()
  const seen: Seen[] = []
  let layers: readonly LayerSize[] = []
  for (const [at, photo] of photos.entries()) {
    signal?.throwIfAborted()
    await passingOver(photo, failures, async () => {
      const options = { layer, minScore, class: onlyClass }
      const answer = await viewer.ask(detector, { ask: 'channels', photo: await photo.read(), options }, signal)
      layers = answer.layers
      for (const { relevance, ...detection } of answer.detections) tally.add(detection.class, relevance)
      strongest.add(seen.length, answer.peaks)
      seen.push({ photo, detections: answer.detections.map(({ relevance, ...detection }) => detection) })
    })
    onProgress?.({ pass: 'relevance', photos: at + 1, of: photos.length })
  }
  return { layers, seen, tally, strongest }
}

/** Each class's detections without each of its channels, one channel at a time. */
async function silencingPass(
  { viewer, detector, failures, options }: Survey,
  photos: readonly Seen[],
  driving: ReadonlyMap<number, readonly ChannelOf[]>,
): Promise<SilenceTally> {
  const { layer, minScore, onProgress, signal } = options
  const tally = new SilenceTally(minScore)
  for (const [at, { photo, detections }] of photos.entries()) {
    await passingOver(photo, failures, async () => {
      const bytes = await photo.read()
      for (const [classIndex, targets] of Map.groupBy(detections, (one) => one.class)) {
        signal?.throwIfAborted()
        const channels = driving.get(classIndex)
        if (!channels) continue
        const question = { layer, targets, channels }
        const [clean, ...rows] = await viewer.ask(detector, { ask: 'silence', photo: bytes, question }, signal)
        for (const [i, channel] of channels.entries()) {
          for (const [t, score] of clean!.entries()) tally.add(classIndex, channel, { score, silenced: rows[i]![t]! })
        }
      }
    })
    onProgress?.({ pass: 'silencing', photos: at + 1, of: photos.length })
  }
  return tally
}

/** What is wrong with the network or the question stops the survey; what is wrong with a photo does not. */
async function passingOver(
  { name }: SurveyPhoto,
  failures: { name: string; message: string }[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const isOfPhoto =
      error instanceof WorkerError || (isFanlightError(error) && /^IMAGE_|^INPUT_|^NOT_A_FILE/.test(error.code))
    if (!isOfPhoto) throw error
    failures.push({ name, message: error.message })
  }
}

function nothingFound(
  count: number,
  failures: readonly { message: string }[],
  { minScore, class: only }: SurveyOptions,
) {
  if (failures.length === count && failures[0])
    return new InputError('INPUT_NOT_FOUND', `no photo can be read: ${failures[0].message}`)
  const what = only === undefined ? 'nothing' : 'nothing of this class'
  return new InputError(
    'NOT_FOUND',
    `${what} of a score of ${minScore} or more is detected in any of ${count} ${count === 1 ? 'photo' : 'photos'}: take others, or lower the least score`,
  )
}

function drivingChannels(tally: ChannelTally, classIndex: number) {
  const ranked = tally.ranked(classIndex)
  const best = ranked.slice(0, FOR_A_CLASS).filter(({ relevance }) => relevance > 0)
  return [...best, ...ranked.slice(-AGAINST_A_CLASS).filter(({ relevance }) => relevance < 0)]
}

function unique(channels: readonly ChannelOf[]): readonly ChannelOf[] {
  const byKey = new Map(channels.map(({ layer, channel }) => [`${layer}/${channel}`, { layer, channel }]))
  return [...byKey.values()].sort((a, b) => a.layer - b.layer || a.channel - b.channel)
}

interface Strong {
  readonly layers: readonly LayerSize[]
  readonly strongest: StrongestPhotos
  /** By the numbers that `strongest` knows them by. */
  readonly photos: readonly SurveyPhoto[]
}

async function cardsOf(
  { viewer, detector, options: { signal } }: Survey,
  channels: readonly ChannelOf[],
  { layers, strongest, photos }: Strong,
): Promise<readonly ChannelCard[]> {
  const valued = channels.map((channel) => ({ ...channel, value: layers[channel.layer]!.name }))
  const filters = await viewer.ask(detector, { ask: 'filters', channels: valued }, signal)
  const patches = channels.map(() => [] as ChannelCard['patches'][number][])
  const wanted = channels.flatMap((channel, card) => strongest.of(channel).map((place) => ({ ...place, card })))
  for (const [photo, places] of Map.groupBy(wanted, (place) => place.photo)) {
    const cells = places.map(({ card, cell }) => ({ layer: layers[channels[card]!.layer]!, cell }))
    // It was read before; if it has gone since, its patches are missing, nothing else.
    await passingOver(photos[photo]!, [], async () => {
      const bytes = await photos[photo]!.read()
      const pictures = await viewer.ask(detector, { ask: 'patches', photo: bytes, places: cells }, signal)
      for (const [i, { card, value }] of places.entries()) {
        patches[card]!.push({ photo: photos[photo]!.name, value, webp: pictures[i]! })
      }
    })
  }
  return channels.map((channel, card) => ({
    ...channel,
    filter: filters[card] ?? null,
    patches: patches[card]!.sort((a, b) => b.value - a.value),
  }))
}
