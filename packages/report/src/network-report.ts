import type { Descriptor } from '@fanlight/contracts'
import type { LayerSummary, NetworkSummary, ValueSummary, WeightsView } from '@fanlight/network'
import { attributesText, rough, shapeText, share } from '@fanlight/network/words'
import { type Html, html } from './html.ts'
import { NETWORK_STYLE } from './network-style.ts'
import { renderPage } from './page.ts'
import { thousands } from './words.ts'

/** A network as the person named it, and what was found in it. Text may come from anywhere: it is escaped here. */
export interface NetworkReport {
  readonly name: string
  readonly network: {
    readonly sha256: string
    /** Size of the file. */
    readonly bytes: number
    readonly summary: NetworkSummary
    readonly weights: WeightsView
    /** Of a detector whose outputs are known; else null. */
    readonly descriptor: Descriptor | null
    /** Why the network was not run, where it was not. */
    readonly notRun: string | null
  }
  /** Of Fanlight. */
  readonly version: string
}

/** Rows of the table of layers; beyond them browsers struggle. */
const MAX_LAYERS = 5000
const MAX_NAMES = 4

/** `fanlight inspect model`, as one page without script and network. */
export function renderNetworkReport(report: NetworkReport): string {
  const { name, network } = report
  const body = html`${head(name, network)}
<main>
${notRunNote(network.notRun)}
${guide()}
${ops(network.summary)}
${layers(network.summary)}
${networkProvenance(report)}
</main>`
  return renderPage(`${name} · layers`, body, NETWORK_STYLE)
}

function head(name: string, { summary, bytes }: NetworkReport['network']): Html {
  const tiles: [string, string][] = [
    [rough(summary.parameters), 'parameters'],
    [rough(summary.macs), 'multiply-accumulates an image'],
    [thousands(summary.layers.length), 'layers'],
    [`${rough(bytes)}B`, 'file'],
  ]
  return html`<header>
<p class="kind">Fanlight: a network’s layers</p>
<h1>${name}</h1>
<dl class="tiles">${tiles.map(([value, what]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

export function notRunNote(notRun: string | null): Html | undefined {
  if (notRun === null) return undefined
  return html`<section class="warning"><p>The network was not run, so shapes and cost are those that the file tells: ${notRun}</p></section>`
}

const TERMS: readonly (readonly [string, string])[] = [
  [
    'Parameters',
    'Numbers that training has set: weights, biases, scales. Each counts once, in the first layer that uses it.',
  ],
  [
    'MACs',
    'Multiply-accumulates of one forward with one image, of convolutions and products of matrices. Papers mostly count a MAC as two FLOPs.',
  ],
  ['Makes', 'The shape of what the layer puts out: batch × channels × rows × columns for a picture-like value.'],
  ['After', 'The nearest layers upstream that have parameters: where a layer stands behind several, branches meet.'],
]

function guide(): Html {
  return html`<section id="guide"><details open><summary><h2>How to read this</h2></summary>
<dl class="guide">${TERMS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl>
</details></section>`
}

function ops(summary: NetworkSummary): Html {
  const rows = summary.ops.map(
    ({ op, layers, parameters, macs }) => html`<tr><td>${op}</td><td class="n">${thousands(layers)}</td>
<td class="n">${parameters > 0 ? thousands(parameters) : '–'}</td><td class="n">${macs > 0 ? rough(macs) : '–'}</td>
<td class="n">${macs > 0 ? share(macs, summary.macs) : '–'}</td></tr>`,
  )
  return html`<section id="ops"><h2>By kind of layer</h2>
<div class="scroll"><table><thead><tr><th>kind</th><th class="n">layers</th><th class="n">parameters</th><th class="n">MACs</th>
<th class="n">of the cost</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

function layers({ layers, macs }: NetworkSummary): Html {
  const places = new Map(layers.map(({ name }, at) => [name, at]))
  const rows = layers.slice(0, MAX_LAYERS).map((layer, at) => layerRow(layer, at, places, macs))
  return html`<section id="layers"><h2>Layers, in the order in which they run</h2>
<div class="scroll"><table class="layers"><thead><tr><th class="n"></th><th>layer</th><th>kind</th><th>makes</th><th>how</th>
<th class="n">parameters</th><th class="n">MACs</th><th>of the cost</th><th>after</th></tr></thead><tbody>${rows}</tbody></table></div>
${layers.length > MAX_LAYERS && html`<p class="note">The first ${thousands(MAX_LAYERS)} of ${thousands(layers.length)}.</p>`}
</section>`
}

function layerRow(layer: LayerSummary, at: number, places: ReadonlyMap<string, number>, all: number): Html {
  const { name, op, shape, attributes, parameters, macs, after } = layer
  const part = all > 0 ? (macs ?? 0) / all : 0
  const links = after
    .slice(0, MAX_NAMES)
    .map((one, i) => html`${i > 0 && ', '}<a href="#l${places.get(one) ?? 0}">${one}</a>`)
  return html`<tr id="l${at}"><td class="n note">${at + 1}</td><td class="name">${name}</td><td>${op}</td><td>${shapeText(shape)}</td>
<td>${attributesText(attributes)}</td><td class="n">${parameters > 0 ? thousands(parameters) : '–'}</td>
<td class="n">${macs === null ? '?' : macs > 0 ? rough(macs) : '–'}</td>
<td>${part > 0 && html`<span class="bar" style="width:${Math.max(1, Math.round(240 * part))}px"></span>${share(part, 1)}`}</td>
<td class="name">${links}${after.length > MAX_NAMES && ' …'}</td></tr>`
}

/** What file it was, and how it is fed. */
export function networkProvenance({ network, version }: Pick<NetworkReport, 'network' | 'version'>): Html {
  const { summary, sha256, descriptor } = network
  const value = ({ name, type, shape }: ValueSummary) =>
    html`<li><code>${name}</code> ${type}, ${shapeText(shape)}</li>`
  const metadata = Object.entries(summary.metadata).map(([key, text]) => html`<li><code>${key}</code> ${text}</li>`)
  return html`<section id="provenance"><h2>Provenance</h2>
<dl class="facts">
<dt>file’s SHA-256</dt><dd><code>${sha256}</code></dd>
<dt>written by</dt><dd>${summary.producer || 'it does not say'}, opset ${summary.opset}</dd>
<dt>read as</dt><dd>${
    descriptor
      ? html`${descriptor.family}, input ${descriptor.width} × ${descriptor.height}, ${descriptor.preprocess.channels}`
      : 'no family that is known'
  }</dd>
<dt>inputs</dt><dd><ul>${summary.inputs.map(value)}</ul></dd>
<dt>outputs</dt><dd><ul>${summary.outputs.map(value)}</ul></dd>
<dt>parameters</dt><dd>${thousands(summary.parameters)} in ${rough(summary.parameterBytes)}B; ${thousands(summary.otherConstants)} further numbers that training has not set</dd>
${metadata.length > 0 && html`<dt>metadata</dt><dd><ul>${metadata}</ul></dd>`}
<dt>made by</dt><dd>fanlight ${version}</dd>
</dl></section>`
}
