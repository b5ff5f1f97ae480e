import type { KernelPicture } from '@fanlight/inspect'
import { type LayerWeights, layerIn, type WeightsView } from '@fanlight/network'
import { digits, share, thousands } from '@fanlight/network/words'
import { InputError, isFanlightError } from '@fanlight/ports'
import { renderWeightsReport } from '@fanlight/report'
import type { CommandContext } from '../context.ts'
import { escapeText, safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Inspected, withInspected } from '../inspected.ts'
import { writePage } from '../results/page.ts'
import { factsTable, plainTable } from '../results/table.ts'

export interface InspectWeightsOptions {
  readonly layer?: string
  readonly out?: string
  readonly json: boolean
}

/** Pictures of a page: more of them are more than a browser likes. */
const MAX_PICTURES = 300

/** `fanlight inspect weights FILE` */
export function inspectWeights(
  context: CommandContext,
  file: string,
  options: InspectWeightsOptions,
): Promise<ExitCode> {
  return withInspected(context, file, async (inspected) => {
    const { terminal } = context
    const { weights } = inspected.network
    const layers = options.layer === undefined ? weights.layers : [weighing(inspected.network, options.layer)]
    if (options.json) for (const layer of layers) terminal.data(safeJson(layer))
    else if (options.layer === undefined) terminal.data(table(layers))
    else terminal.data(factsTable(facts(layers[0]!)))
    if (!options.json && options.layer === undefined) sayUnread(context, weights)
    if (options.out !== undefined) await writeWeights(context, inspected, layers, options.out)
    return exitCodes.fine
  })
}

/** @throws InputError `NOT_FOUND` with the nearest name, `USAGE` for a layer without weights */
function weighing({ summary, weights }: Inspected['network'], wanted: string): LayerWeights {
  const { name, op } = layerIn(summary.layers, wanted)
  const found = weights.layers.find(({ layer }) => layer === name)
  if (found) return found
  const reason = weights.unread.find(({ layer }) => layer === name)?.reason ?? `a layer of ${op} has none`
  throw new InputError('USAGE', `the weights of ${JSON.stringify(name)} cannot be shown: ${reason}`)
}

function sayUnread({ terminal }: CommandContext, { unread }: WeightsView): void {
  const [first] = unread
  if (first) terminal.say(`${unread.length} layers left out; the first, ${first.layer}: ${first.reason}`, 'yellow')
}

const HEAD = [
  'layer',
  'op',
  'weights',
  'lowest',
  'highest',
  'mean',
  'deviation',
  'L1',
  'L2',
  'positive',
  'near zero',
].concat(['filters', 'dead', 'duplicate'])

function table(layers: readonly LayerWeights[]): string {
  const rows = layers.map((row) => [
    shorten(row.layer, 36),
    shorten(row.op, 24),
    row.shape.join(' × '),
    digits(row.min),
    digits(row.max),
    digits(row.mean),
    digits(row.deviation),
    digits(row.l1),
    digits(row.l2),
    share(row.positiveMass, row.l1),
    share(row.nearZeroShare, 1),
    thousands(row.filters),
    count(row.deadFilters),
    row.duplicateFilters === null ? 'not asked' : count(row.duplicateFilters),
  ])
  return plainTable(HEAD, rows, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
}

const count = (number: number) => (number === 0 ? '–' : thousands(number))

function facts(row: LayerWeights): string[][] {
  const sets = row.duplicates.map((set) => set.join(' = '))
  return [
    ['layer', `${escapeText(row.layer)} (${escapeText(row.op)})`],
    ['weights', `${escapeText(row.tensor)}: ${row.shape.join(' × ')}, ${thousands(row.count)} numbers`],
    ...(row.notFinite > 0 ? [['not finite', `${thousands(row.notFinite)}: they are in no figure below`]] : []),
    ['range', `${digits(row.min)} to ${digits(row.max)}`],
    ['mean, deviation', `${digits(row.mean)}, ${digits(row.deviation)}`],
    ['L1, L2', `${digits(row.l1)}, ${digits(row.l2)}`],
    ['positive', `${share(row.positiveMass, row.l1)} of the magnitude`],
    ['near zero', `${share(row.nearZeroShare, 1)} of the weights`],
    ['filters', thousands(row.filters)],
    ['dead', row.deadFilters === 0 ? 'none' : `${thousands(row.deadFilters)}: ${row.dead.slice(0, 20).join(', ')}`],
    ['duplicates', row.duplicateFilters === null ? 'not asked' : sets.slice(0, 10).join('; ') || 'none'],
    ...histogramRows(row.histogram),
  ]
}

const BAR = 50

function histogramRows({ from, to, counts }: LayerWeights['histogram']): string[][] {
  const most = Math.max(1, ...counts)
  const width = (to - from) / counts.length
  return counts.map((count, bin) => [
    digits(from + (bin + 0.5) * width),
    `${'█'.repeat(Math.round((BAR * count) / most))}${count > 0 ? ` ${thousands(count)}` : ''}`,
  ])
}

async function writeWeights(
  context: CommandContext,
  { name, file, network, inspector }: Inspected,
  layers: readonly LayerWeights[],
  folder: string,
): Promise<void> {
  const channels = network.descriptor?.preprocess.channels
  const pictures = new Map<string, KernelPicture>()
  for (const { layer, filters, count } of layers) {
    // Scales of a normalisation: one number a channel is no picture.
    if (filters === count || pictures.size >= MAX_PICTURES) continue
    const picture = await inspector.kernels(file, { layer, channels }).catch((error: unknown) => {
      if (isFanlightError(error) && error.code === 'USAGE') return undefined
      throw error
    })
    if (picture) pictures.set(layer, picture)
  }
  const page = renderWeightsReport({ name, network, layers, pictures, version: context.version })
  await writePage(context, folder, 'weights.html', page)
}
