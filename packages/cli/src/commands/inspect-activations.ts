import { join } from 'node:path'
import { type ActivationsView, startInsideViewer } from '@fanlight/inspect'
import { digits, share, thousands } from '@fanlight/network/words'
import { InputError } from '@fanlight/ports'
import { renderActivationsReport } from '@fanlight/report'
import type { CommandContext } from '../context.ts'
import { detectorFile, insideLimits } from '../detector-file.ts'
import { safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findPhotos, photoBytes } from '../photos.ts'
import { writePage } from '../results/page.ts'
import { factsTable, plainTable } from '../results/table.ts'
import { writeWhole } from '../results/whole-file.ts'

export interface InspectActivationsOptions {
  readonly model: string
  readonly family?: string
  readonly layer?: string
  readonly detection?: number
  readonly class?: string
  readonly minScore: number
  readonly out?: string
  readonly json: boolean
}

/** Rows of the table on the terminal, at either end. */
const CHANNEL_ROWS = 8

/** `fanlight inspect activations PHOTO` */
export async function inspectActivations(
  context: CommandContext,
  path: string,
  options: InspectActivationsOptions,
): Promise<ExitCode> {
  const { terminal, limits, signal, version } = context
  if (options.detection !== undefined && options.class !== undefined) {
    throw new InputError('USAGE', '--detection and --class both choose a detection: give one of them')
  }
  const [photo] = await findPhotos([path], { limits, signal, most: 1, onFound: () => {} })
  const bytes = await photoBytes(photo!, limits)
  const { name, detector } = await detectorFile(context, options)
  await using viewer = startInsideViewer(insideLimits(context))
  const { layer, detection, class: label, minScore } = options
  const question = { ask: 'activations', photo: bytes, options: { layer, detection, class: label, minScore } } as const
  const view: ActivationsView = await viewer.ask(detector, question, signal)
  const { pictures, ...numbers } = view
  if (options.json) terminal.data(safeJson({ photo: photo!.name, model: name, ...numbers }))
  else terminal.data(tables(photo!.name, view))
  if (options.out !== undefined) {
    const page = renderActivationsReport({ name, photo: photo!.name, view, sha256: detector.file.sha256!, version })
    await writePage(context, options.out, 'activations.html', page)
    for (const [kind, png] of [
      ['best', pictures.best],
      ['worst', pictures.worst],
    ] as const)
      if (png) await writeWhole(join(options.out, `activations-${kind}.png`), png)
  }
  return exitCodes.fine
}

function tables(photo: string, view: ActivationsView): string {
  const { detections, target, layer, channels, vanished, functions } = view
  const { label, score } = detections[target]!
  const facts = factsTable([
    ['photo', shorten(photo, 80)],
    ['detection', `${target + 1} of ${detections.length}: ${shorten(label, 40)}, score ${score.toFixed(2)}`],
    ['layer', `${shorten(layer.name, 60)}: ${layer.channels} channels of ${layer.height} × ${layer.width}`],
    ...(vanished ? [['no relevance', vanished]] : []),
  ])
  const row = ({ channel, relevance, min, max }: (typeof channels)[number]) => [
    String(channel),
    digits(relevance),
    digits(min),
    digits(max),
  ]
  const few = channels.length <= 2 * CHANNEL_ROWS
  const shown = few ? channels : [...channels.slice(0, CHANNEL_ROWS), ...channels.slice(-CHANNEL_ROWS)]
  const rows = shown.map(row)
  if (!few) rows.splice(CHANNEL_ROWS, 0, ['…', '…', '…', '…'])
  return [
    facts,
    plainTable(['channel', 'relevance', 'least', 'most'], rows, [0, 1, 2, 3]),
    functions.length > 0 ? functionTable(functions) : 'no activation functions are known in this network',
  ].join('\n\n')
}

function functionTable(functions: ActivationsView['functions']): string {
  const rows = functions.map((one) => [
    shorten(one.layer, 36),
    one.kind,
    one.shape.slice(1).join(' × '),
    `${digits(one.before.mean)} ± ${digits(one.before.deviation)}`,
    `${digits(one.after.mean)} ± ${digits(one.after.deviation)}`,
    share(one.closedShare, 1),
    share(one.openShare, 1),
    one.saturatedShare === null ? '–' : share(one.saturatedShare, 1),
    one.deadChannels === 0 ? '–' : `${thousands(one.deadChannels)} of ${thousands(one.channels)}`,
  ])
  const head = ['activation function', 'kind', 'numbers', 'before', 'after', 'closed', 'open', 'saturated', 'dead']
  return plainTable(head, rows, [3, 4, 5, 6, 7, 8])
}
