import type { ActivationStatistics } from '@fanlight/network'
import { digits, share } from '@fanlight/network/words'
import { type Html, html } from './html.ts'
import { INSIDE_STYLE, picture } from './inside-style.ts'
import { renderPage } from './page.ts'
import { thousands, twoDigits } from './words.ts'

/** What goes on in a detector while it reads one photo. Text may come from anywhere: it is escaped here. */
export interface ActivationsReport {
  /** Of the detector. */
  readonly name: string
  /** Of its file. */
  readonly sha256: string
  readonly photo: string
  readonly view: {
    readonly detections: readonly { readonly label: string; readonly score: number }[]
    /** Which of them is looked at. */
    readonly target: number
    readonly layer: {
      readonly name: string
      readonly channels: number
      readonly height: number
      readonly width: number
    }
    /** The largest relevance first. */
    readonly channels: readonly { readonly channel: number; readonly relevance: number }[]
    readonly vanished: string | null
    readonly functions: readonly ActivationStatistics[]
    /** JPEG, then PNGs. */
    readonly pictures: {
      readonly photo: Uint8Array
      readonly best: Uint8Array | null
      readonly worst: Uint8Array | null
    }
  }
  /** Of Fanlight. */
  readonly version: string
}

const TERMS: readonly (readonly [string, string])[] = [
  [
    'Channel',
    'One of a layer’s pictures: how strongly the photo shows, place by place, what this channel has learnt to look for. Yellow is its largest number in this photo, dark blue its least; each has its own scale, so compare patterns, not brightness. The frame is the detection’s box.',
  ],
  [
    'Relevance',
    'The number under each channel: its activation times the gradient of the detection’s score, added up over all places. About so much would the score fall if the channel were turned off; below zero it would rise. It is a straight line laid along a curve: near a score of 0 or 1 it says too little.',
  ],
  [
    'Before, after',
    'The numbers that go into an activation function (grey) and those that come out (coloured), over all its channels and places, on one axis. Heights go with the root of the count.',
  ],
  ['Closed', 'Share of the numbers at which the function lets (next to) nothing through: its gate is below 0.01.'],
  ['Open', 'Share at which it lets everything through: its gate is above 0.99.'],
  [
    'Saturated',
    'Closed and open together, of functions that level off at both ends, such as sigmoids: no gradient comes through there. At the last sigmoids of a detector nearly everything is closed: most places hold no object.',
  ],
  [
    'Dead',
    'Channels at which the function is closed everywhere in this photo. Of another photo they may say something.',
  ],
]

/** `fanlight inspect activations`, as one page without script and network. */
export function renderActivationsReport(report: ActivationsReport): string {
  const { name, photo, view, sha256, version } = report
  const body = html`${head(report)}
<main>
${view.vanished !== null && html`<section class="warning"><p>No channel’s relevance can be told: ${view.vanished}.</p></section>`}
<section class="pair"><figure class="card">${picture(view.pictures.photo, 'The photo with the detection’s box', { type: 'jpeg', className: 'photo-box' })}
<figcaption class="note name">${photo}</figcaption></figure>
<div><h2>How to read this</h2><dl class="terms">${TERMS.map(([term, meaning]) => html`<dt>${term}</dt><dd>${meaning}</dd>`)}</dl></div></section>
${sheet('for', 'Channels that speak for the detection', view.layer.name, view.pictures.best)}
${sheet('against', 'Channels that speak against it', view.layer.name, view.pictures.worst)}
${functions(view.functions)}
<section id="provenance"><h2>Provenance</h2><dl class="facts">
<dt>detector</dt><dd>${name}, file’s SHA-256 <code>${sha256}</code></dd>
<dt>layer</dt><dd><code>${view.layer.name}</code></dd>
<dt>objective</dt><dd>score: objectness × class probability of the matched prediction, found once and held</dd>
<dt>made by</dt><dd>fanlight ${version}</dd></dl></section>
</main>`
  return renderPage(`${photo} · activations`, body, INSIDE_STYLE)
}

function head({ name, view }: ActivationsReport): Html {
  const { detections, target, layer, functions } = view
  const { label, score } = detections[target]!
  // A class’s sigmoid that is closed everywhere says that the photo has no such object: that is no defect.
  const dead = functions.reduce((sum, one) => sum + (one.saturatedShare === null ? one.deadChannels : 0), 0)
  const tiles: [string, string][] = [
    [twoDigits(score), `score, detection ${target + 1} of ${detections.length}`],
    [`${layer.channels}`, `channels of ${layer.height} × ${layer.width} in the layer shown`],
    [thousands(functions.length), 'activation functions'],
    [thousands(dead), 'channels dead in this photo, sigmoids aside'],
  ]
  return html`<header>
<p class="kind">Fanlight: what ${name} makes of a photo</p>
<h1>${label}</h1>
<dl class="tiles">${tiles.map(([value, what]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function sheet(id: string, title: string, layer: string, png: Uint8Array | null): Html {
  const what = png ? picture(png, title) : html`<p class="note">There are none in this layer.</p>`
  return html`<section id="${id}"><h2>${title}</h2>${png !== null && html`<p class="note">Of the layer <code>${layer}</code>, the strongest first; below each its relevance.</p>`}${what}</section>`
}

/** Rows; more of them no browser likes. */
const MAX_FUNCTIONS = 1000

function functions(all: readonly ActivationStatistics[]): Html {
  if (all.length === 0) return html`<section><h2>Activation functions</h2><p>None that are known here.</p></section>`
  const rows = all.slice(0, MAX_FUNCTIONS).map(
    (
      one,
    ) => html`<tr><td class="name">${one.layer}</td><td>${one.kind}</td><td>${one.shape.slice(1).join(' × ')}</td><td>${distributions(one)}</td>
<td class="n">${share(one.closedShare, 1)}</td><td class="n">${share(one.openShare, 1)}</td>
<td class="n">${one.saturatedShare === null ? '–' : share(one.saturatedShare, 1)}</td>
<td class="n">${one.deadChannels === 0 ? '–' : html`${one.deadChannels} of ${one.channels}<br><span class="note">${few(one.dead)}</span>`}</td></tr>`,
  )
  return html`<section id="functions"><h2>Activation functions, in the order in which they run</h2>
<div class="scroll"><table class="layers"><thead><tr><th>layer</th><th>kind</th><th>numbers</th>
<th><span class="swatch grey"></span> before <span class="swatch accent"></span> after</th><th class="n">closed</th><th class="n">open</th>
<th class="n">saturated</th><th class="n">dead channels</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

const few = (channels: readonly number[]) =>
  channels.length > 6 ? `${channels.slice(0, 6).join(', ')} …` : channels.join(', ')

const [PLOT_WIDTH, PLOT_HEIGHT] = [220, 44]

/** Both histograms on one axis, from the least number of either to the largest. */
function distributions({ before, after }: ActivationStatistics): Html {
  const from = Math.min(before.min, after.min, 0)
  const to = Math.max(before.max, after.max, from + 1e-9)
  const x = (value: number) => ((value - from) / (to - from)) * PLOT_WIDTH
  return html`<svg class="plot" width="${PLOT_WIDTH}" height="${PLOT_HEIGHT}" viewBox="0 0 ${PLOT_WIDTH} ${PLOT_HEIGHT}" role="img"
aria-label="Before: mean ${digits(before.mean)}, after: mean ${digits(after.mean)}">
<g class="before">${bars(before.histogram, x)}</g><g class="after">${bars(after.histogram, x)}</g>
<line x1="${x(0).toFixed(1)}" x2="${x(0).toFixed(1)}" y1="0" y2="${PLOT_HEIGHT}"/></svg>
<span class="ends"><span>${digits(from)}</span><span>${digits(to)}</span></span>`
}

function bars({ from, to, counts }: ActivationStatistics['before']['histogram'], x: (value: number) => number): Html[] {
  const most = Math.max(1, ...counts)
  const step = (to - from) / counts.length
  return counts.flatMap((count, bin) => {
    if (count === 0) return []
    const height = PLOT_HEIGHT * Math.sqrt(count / most)
    const left = Math.max(0, x(from + bin * step))
    const width = Math.max(1, x(from + (bin + 1) * step) - left)
    return [
      html`<rect x="${left.toFixed(1)}" y="${(PLOT_HEIGHT - height).toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`,
    ]
  })
}
