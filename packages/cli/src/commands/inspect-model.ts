import { type LayerSummary, layerIn, type NetworkSummary } from '@fanlight/network'
import { attributesText, rough, shapeText, share, thousands } from '@fanlight/network/words'
import { renderNetworkReport } from '@fanlight/report'
import type { CommandContext } from '../context.ts'
import { escapeText, safeJson, shorten } from '../escape.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type Inspected, withInspected } from '../inspected.ts'
import { writePage } from '../results/page.ts'
import { factsTable, plainTable } from '../results/table.ts'

export interface InspectModelOptions {
  readonly layer?: string
  readonly all: boolean
  readonly out?: string
  readonly json: boolean
}

/** `fanlight inspect model FILE` */
export function inspectModel(context: CommandContext, file: string, options: InspectModelOptions): Promise<ExitCode> {
  return withInspected(context, file, async (inspected) => {
    const { terminal } = context
    const { name, network } = inspected
    const { summary } = network
    const layer = options.layer === undefined ? undefined : layerIn(summary.layers, options.layer)
    if (options.json) terminal.data(safeJson(layer ?? { name, ...withoutWeights(network), ...summary }))
    else if (layer) terminal.data(factsTable(layerFacts(layer, summary)))
    else terminal.data(overview(inspected, options.all))
    if (!options.json && !layer && !options.all) terminal.say(leftOut(summary))
    if (options.out !== undefined) {
      await writePage(
        context,
        options.out,
        'model.html',
        renderNetworkReport({ name, network, version: context.version }),
      )
    }
    return exitCodes.fine
  })
}

const withoutWeights = ({ sha256, bytes, descriptor, notRun }: Inspected['network']) => ({
  sha256,
  bytes,
  family: descriptor?.family ?? null,
  notRun,
})

function overview({ name, network }: Inspected, all: boolean): string {
  const { summary } = network
  const facts = factsTable(networkFacts(name, network))
  const ops = plainTable(['op', 'layers', 'parameters', 'MACs', 'of the cost'], opRows(summary), [1, 2, 3, 4])
  const shown = all ? summary.layers : summary.layers.filter(isWork)
  const layers = plainTable(
    LAYER_HEAD,
    shown.map((layer) => layerRow(layer, summary)),
    [4, 5, 6],
  )
  return [facts, ops, layers].join('\n\n')
}

const isWork = ({ parameters, macs }: LayerSummary) => parameters > 0 || macs !== 0

function leftOut({ layers }: NetworkSummary): string {
  const count = layers.filter((layer) => !isWork(layer)).length
  return count === 0 ? 'these are all layers' : `${thousands(count)} layers without parameters and cost: see --all`
}

function networkFacts(name: string, { sha256, bytes, summary, descriptor }: Inspected['network']): string[][] {
  const value = ({ name, type, shape }: NetworkSummary['inputs'][number]) =>
    `${shorten(name, 40)}: ${type}, ${escapeText(shapeText(shape))}`
  const unknown = summary.layersOfUnknownCost
  return [
    ['network', shorten(name, 80)],
    ['file', `${rough(bytes)}B, sha256 ${sha256}`],
    ['written by', `${shorten(summary.producer, 60) || '–'}, opset ${summary.opset}`],
    ['read as', descriptor ? `${descriptor.family}, ${descriptor.preprocess.channels}` : 'no family that is known'],
    ...summary.inputs.map((input) => ['input', value(input)]),
    ...summary.outputs.map((output) => ['output', value(output)]),
    ['parameters', `${thousands(summary.parameters)} in ${rough(summary.parameterBytes)}B`],
    ['constants', `${thousands(summary.otherConstants)} numbers that training has not set`],
    [
      'cost',
      `${rough(summary.macs)} multiply-accumulates for an image (${rough(2 * summary.macs)} FLOPs)${
        unknown > 0 ? `, without ${thousands(unknown)} layers of unknown shape` : ''
      }`,
    ],
    ['layers', thousands(summary.layers.length)],
    ...Object.entries(summary.metadata).map(([key, text]) => [shorten(key, 24), shorten(text, 80)]),
  ]
}

const opRows = ({ ops, macs }: NetworkSummary): string[][] =>
  ops.map((row) => [
    shorten(row.op, 40),
    thousands(row.layers),
    row.parameters > 0 ? thousands(row.parameters) : '–',
    row.macs > 0 ? rough(row.macs) : '–',
    row.macs > 0 ? share(row.macs, macs) : '–',
  ])

const LAYER_HEAD = ['layer', 'op', 'makes', 'how', 'parameters', 'MACs', 'of the cost', 'after']

function layerRow(layer: LayerSummary, { macs }: NetworkSummary): string[] {
  return [
    shorten(layer.name, 36),
    shorten(layer.op, 24),
    escapeText(shapeText(layer.shape)),
    escapeText(attributesText(layer.attributes)),
    layer.parameters > 0 ? thousands(layer.parameters) : '–',
    layer.macs === null ? '?' : layer.macs > 0 ? rough(layer.macs) : '–',
    layer.macs ? share(layer.macs, macs) : '–',
    few(layer.after, 3),
  ]
}

function few(names: readonly string[], most: number): string {
  const shown = names.slice(0, most).map((name) => shorten(name, 24))
  return names.length > most ? `${shown.join(', ')} …` : shown.join(', ')
}

function layerFacts(layer: LayerSummary, { layers, macs }: NetworkSummary): string[][] {
  const takers = layers.filter(({ from }) => from.includes(layer.name)).map(({ name }) => name)
  return [
    ['layer', escapeText(layer.name)],
    ['op', escapeText(layer.op)],
    ['how', escapeText(attributesText(layer.attributes)) || '–'],
    ['takes', few(layer.from, 20) || '–'],
    ['after', few(layer.after, 20) || '–'],
    ['makes', escapeText(`${layer.output}: ${shapeText(layer.shape)}`)],
    ['taken by', few(takers, 20) || 'nobody: it is an output'],
    ['parameters', thousands(layer.parameters)],
    [
      'cost',
      layer.macs === null ? 'unknown' : `${rough(layer.macs)} MACs, ${share(layer.macs, macs)} of the network’s`,
    ],
  ]
}
