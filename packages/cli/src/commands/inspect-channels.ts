import { type ChannelsView, type SurveyProgress, startInsideViewer, surveyChannels } from '@fanlight/inspect'
import { digits, share, thousands } from '@fanlight/network/words'
import { nearestNames } from '@fanlight/onnx'
import { InputError } from '@fanlight/ports'
import { renderChannelsReport } from '@fanlight/report'
import type { CommandContext } from '../context.ts'
import { detectorFile, insideLimits } from '../detector-file.ts'
import { safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findPhotos, photoBytes } from '../photos.ts'
import { duration, progressView } from '../progress.ts'
import { writePage } from '../results/page.ts'
import { plainTable } from '../results/table.ts'
import { refuseFile } from '../results/whole-file.ts'

export interface InspectChannelsOptions {
  readonly model: string
  readonly family?: string
  readonly layer?: string
  readonly class?: string
  readonly photos: number
  readonly minScore: number
  readonly out?: string
  readonly json: boolean
}

/** `fanlight inspect channels PATH…` */
export async function inspectChannels(
  context: CommandContext,
  paths: readonly string[],
  options: InspectChannelsOptions,
): Promise<ExitCode> {
  const { terminal, limits, signal, version } = context
  const { layer, minScore } = options
  if (options.out !== undefined) await refuseFile(options.out)
  const { name, detector } = await detectorFile(context, options)
  const onlyClass = classNumber(detector.descriptor.classNames, options.class)
  const found = await findPhotos(paths, { limits, signal, most: options.photos, onFound: () => {} })
  const photos = found.map((photo) => ({ name: photo.name, read: () => photoBytes(photo, limits) }))
  await using viewer = startInsideViewer(insideLimits(context))
  const progress = progressView(terminal)
  const view = await surveyChannels(viewer, detector, photos, {
    layer,
    minScore,
    class: onlyClass,
    signal,
    onProgress: teller(progress.show),
  }).finally(() => progress.end())
  if (options.json)
    for (const one of view.classes) terminal.data(safeJson({ ...one, channels: one.channels.map(named(view)) }))
  else terminal.data(table(view))
  for (const { name: photo, message } of view.failures) terminal.say(`${photo}: ${message}`, 'yellow')
  if (options.out !== undefined) {
    const page = renderChannelsReport({ name, view, minScore, sha256: detector.file.sha256, version })
    await writePage(context, options.out, 'channels.html', page)
  }
  return view.failures.length > 0 ? exitCodes.someInputsFailed : exitCodes.fine
}

/** @throws InputError `USAGE` for a class that the detector does not know */
function classNumber(names: readonly string[], wanted: string | undefined): number | undefined {
  if (wanted === undefined) return undefined
  const at = names.indexOf(wanted)
  if (at >= 0) return at
  const nearest = nearestNames(wanted, names).map((name) => JSON.stringify(name))
  throw new InputError(
    'USAGE',
    `the detector has no class ${JSON.stringify(wanted)}. The nearest are ${nearest.join(', ')}`,
  )
}

const WHAT = { relevance: 'gradients of', silencing: 'turning channels off in' } as const

/** Each pass has its own time left: how many forwards the second one takes is known after the first. */
function teller(show: (line: string, share: number) => void): (progress: SurveyProgress) => void {
  let startMs = performance.now()
  return ({ pass, photos, of }) => {
    const leftMs = ((performance.now() - startMs) / photos) * (of - photos)
    show(`${WHAT[pass]} ${photos}/${of} photos · ${duration(leftMs)} left`, photos / of)
    if (photos === of) startMs = performance.now()
  }
}

/** With the layer's name in place of its number. */
const named =
  ({ layers }: ChannelsView) =>
  ({ layer, ...channel }: ChannelsView['classes'][number]['channels'][number]) => ({
    layer: layers[layer]!.name,
    ...channel,
  })

function table(view: ChannelsView): string {
  const { layers, classes, photos, photosWithDetections, detections, classesLeftOut } = view
  const rows = classes.flatMap(({ label, detections: count, channels }) =>
    channels.map(({ layer, channel, relevance, silenced }, at) => [
      at === 0 ? shorten(label, 24) : '',
      at === 0 ? thousands(count) : '',
      shorten(layers[layer]!.name, 30),
      String(channel),
      digits(relevance),
      silenced ? silenced.score.toFixed(3) : '–',
      silenced ? silenced.silencedScore.toFixed(3) : '–',
      silenced ? share(silenced.lostShare, 1) : '–',
    ]),
  )
  const head = ['class', 'detections', 'layer', 'channel', 'relevance', 'score', 'without it', 'lost']
  const more = classesLeftOut > 0 ? `; ${classesLeftOut} rarer classes are left out` : ''
  const summary = `${thousands(detections)} detections in ${photosWithDetections} of ${photos} photos${more}`
  return `${summary}\n\n${plainTable(head, rows, [1, 3, 4, 5, 6, 7])}`
}
