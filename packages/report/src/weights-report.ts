import type { KernelGrid, LayerWeights } from '@fanlight/network'
import { digits, kernelsInWords, rough, share } from '@fanlight/network/words'
import { type Html, html, raw } from './html.ts'
import { type NetworkReport, networkProvenance } from './network-report.ts'
import { NETWORK_STYLE } from './network-style.ts'
import { renderPage } from './page.ts'
import { thousands } from './words.ts'

export interface WeightsReport extends NetworkReport {
  /** Those that the page shows. */
  readonly layers: readonly LayerWeights[]
  /** Kernels of layers, by the layer's name. */
  readonly pictures: ReadonlyMap<string, Omit<KernelGrid, 'data'> & { readonly png: Uint8Array }>
}

type Picture = WeightsReport['pictures'] extends ReadonlyMap<string, infer Value> ? Value : never

const TERMS: readonly (readonly [string, string])[] = [
  [
    'Kernels',
    'What a convolution multiplies each neighbourhood with. Red weights ask for more of their input, blue ones for less, white ones for nothing. In the first layer a kernel is shown as the patch of colours that it answers to most; grey asks for nothing.',
  ],
  [
    'Histogram',
    'How many weights have which value; zero is in the middle. Heights go with the root of the count, so that few large weights stay in sight.',
  ],
  ['Mean, deviation', 'Where the weights lie, and how far they spread.'],
  ['L1, L2', 'All magnitudes added, and the root of all squares added: how strong the layer is.'],
  [
    'Positive',
    'The share of all magnitude that is above zero. Far from 50 %, the layer mostly adds up, or mostly subtracts.',
  ],
  ['Near zero', 'Weights below a thousandth of the layer’s largest: pruning them would change next to nothing.'],
  ['Dead', 'Filters all of whose weights are near zero: their channel says the same of every photo.'],
  [
    'Duplicate',
    'Filters that an earlier filter of the same inputs equals but for its strength (cosine above 0.999). Not asked of filters of under 8 weights, which look alike by chance.',
  ],
]

/** `fanlight inspect weights`, as one page without script and network. */
export function renderWeightsReport(report: WeightsReport): string {
  const { name, layers, pictures, network } = report
  const body = html`${head(report)}
<main>
${unreadNote(network.weights)}
<section id="guide"><details open><summary><h2>How to read this</h2></summary>
<dl class="guide">${TERMS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl>
</details></section>
${table(layers)}
<section id="kernels"><h2>Layer by layer</h2>
<div class="cards">${layers.map((layer, at) => card(layer, at, pictures.get(layer.layer)))}</div></section>
${networkProvenance(report)}
</main>`
  return renderPage(`${name} · weights`, body, NETWORK_STYLE)
}

function head({ name, layers }: WeightsReport): Html {
  const sum = (of: (layer: LayerWeights) => number) => layers.reduce((sum, layer) => sum + of(layer), 0)
  const count = sum((layer) => layer.count)
  const tiles: [string, string][] = [
    [thousands(layers.length), 'layers with weights'],
    [rough(count), 'weights'],
    [
      share(
        sum((layer) => layer.nearZeroShare * layer.count),
        count,
      ),
      'near zero',
    ],
    [thousands(sum((layer) => layer.deadFilters)), 'dead filters'],
    [thousands(sum((layer) => layer.duplicateFilters ?? 0)), 'duplicate filters'],
  ]
  return html`<header>
<p class="kind">Fanlight: a network’s weights</p>
<h1>${name}</h1>
<dl class="tiles">${tiles.map(([value, what]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function unreadNote({ unread }: NetworkReport['network']['weights']): Html | undefined {
  if (unread.length === 0) return undefined
  return html`<section class="warning"><h2>Layers left out: ${thousands(unread.length)}</h2>
<ul>${unread.slice(0, 20).map(({ layer, reason }) => html`<li><span class="name">${layer}</span>: ${reason}</li>`)}</ul></section>`
}

function table(layers: readonly LayerWeights[]): Html {
  const rows = layers.map(
    (
      row,
      at,
    ) => html`<tr><td class="name"><a href="#w${at}">${row.layer}</a></td><td>${row.op}</td><td>${row.shape.join(' × ')}</td>
<td class="n">${digits(row.min)}</td><td class="n">${digits(row.max)}</td><td class="n">${digits(row.mean)}</td>
<td class="n">${digits(row.deviation)}</td><td class="n">${digits(row.l2)}</td><td class="n">${share(row.positiveMass, row.l1)}</td>
<td class="n">${share(row.nearZeroShare, 1)}</td><td class="n">${thousands(row.filters)}</td><td class="n">${some(row.deadFilters)}</td>
<td class="n">${row.duplicateFilters === null ? 'not asked' : some(row.duplicateFilters)}</td></tr>`,
  )
  return html`<section id="layers"><h2>All layers</h2>
<div class="scroll"><table class="layers"><thead><tr><th>layer</th><th>kind</th><th>weights</th><th class="n">lowest</th><th class="n">highest</th>
<th class="n">mean</th><th class="n">deviation</th><th class="n">L2</th><th class="n">positive</th><th class="n">near zero</th><th class="n">filters</th>
<th class="n">dead</th><th class="n">duplicate</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

const some = (count: number) => (count === 0 ? '–' : thousands(count))

function card(row: LayerWeights, at: number, picture: Picture | undefined): Html {
  const { layer, op, histogram } = row
  return html`<figure class="card kernels" id="w${at}">
${picture && image(picture)}
<figcaption>
<h3 class="name">${layer} <span class="method">${op}</span></h3>
${picture && html`<p class="note">${kernelsInWords(picture)}</p>`}
${histogramOf(row)}
<p class="ends"><span>${digits(histogram.from)}</span><span>0</span><span>${digits(histogram.to)}</span></p>
<dl class="numbers">
<dt>weights</dt><dd>${row.shape.join(' × ')}, ${thousands(row.count)} in all</dd>
${row.notFinite > 0 && html`<dt>not finite</dt><dd>${thousands(row.notFinite)}: in no figure here</dd>`}
<dt>mean, deviation</dt><dd>${digits(row.mean)}, ${digits(row.deviation)}</dd>
<dt>L1, L2</dt><dd>${digits(row.l1)}, ${digits(row.l2)}</dd>
<dt>positive</dt><dd>${share(row.positiveMass, row.l1)}</dd>
<dt>near zero</dt><dd>${share(row.nearZeroShare, 1)}</dd>
<dt>dead</dt><dd>${row.deadFilters === 0 ? 'none' : `${thousands(row.deadFilters)} of ${thousands(row.filters)}: ${list(row.dead)}`}</dd>
<dt>duplicate</dt><dd>${row.duplicateFilters === null ? 'not asked' : list(row.duplicates.map((set) => set.join(' = '))) || 'none'}</dd>
</dl></figcaption></figure>`
}

const list = (names: readonly (number | string)[]) =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')} …` : names.join(', ')

const image = ({ png, width, height, layer }: Picture): Html =>
  html`<img loading="lazy" width="${width}" height="${height}" alt="Kernels of ${layer}" src="data:image/png;base64,${raw(
    Buffer.from(png).toString('base64'),
  )}">`

const BINS_HEIGHT = 100

function histogramOf({ histogram: { counts } }: LayerWeights): Html {
  const most = Math.max(1, ...counts)
  const bars = counts.map((count, bin) => {
    // The root keeps rare large weights in sight beside the many small ones.
    const height = BINS_HEIGHT * Math.sqrt(count / most)
    return html`<rect x="${bin + 0.05}" y="${(BINS_HEIGHT - height).toFixed(1)}" width=".9" height="${height.toFixed(1)}"/>`
  })
  const middle = counts.length / 2
  return html`<svg class="histogram" viewBox="0 0 ${counts.length} ${BINS_HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Histogram of the weights">
${bars}<line x1="${middle}" x2="${middle}" y1="0" y2="${BINS_HEIGHT}" vector-effect="non-scaling-stroke"/></svg>`
}
