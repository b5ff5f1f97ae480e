import type { ChannelOf, ChannelRelevance, FilterOf, Silenced } from '@fanlight/network'
import { digits, share } from '@fanlight/network/words'
import { type Html, html } from './html.ts'
import { INSIDE_STYLE, picture } from './inside-style.ts'
import { renderPage } from './page.ts'
import { plural, thousands } from './words.ts'

/** Which channels of a detector drive which class. Text may come from anywhere: it is escaped here. */
export interface ChannelsReport {
  /** Of the detector. */
  readonly name: string
  /** Of its file. */
  readonly sha256: string
  /** Detections from this score on. */
  readonly minScore: number
  readonly view: {
    readonly layers: readonly Layer[]
    readonly photos: number
    readonly photosWithDetections: number
    readonly detections: number
    readonly failures: readonly { readonly name: string; readonly message: string }[]
    readonly classes: readonly ClassOf[]
    readonly classesLeftOut: number
    readonly cards: readonly Card[]
  }
  /** Of Fanlight. */
  readonly version: string
}

interface Layer {
  readonly name: string
  readonly channels: number
  readonly height: number
  readonly width: number
}

interface ClassOf {
  readonly label: string
  readonly detections: number
  readonly channels: readonly (ChannelRelevance & { readonly silenced: Silenced | undefined })[]
}

interface Card extends ChannelOf {
  readonly filter: (FilterOf & { readonly png: Uint8Array }) | null
  readonly patches: readonly { readonly photo: string; readonly value: number; readonly webp: Uint8Array }[]
}

const TERMS: readonly (readonly [string, string])[] = [
  [
    'Relevance',
    'A channel’s activation times the gradient of a detection’s score, added up over all places, on the mean over the detections of the class. About so much of the score does it carry; below zero it speaks against the class. A straight line laid along a curve: near a score of 1 it says too little.',
  ],
  [
    'Score, without it',
    'Measured: the mean score of the same detections as the network is, and with this one channel set to 0 before anything reads it. What overlaps the detection best counts, whichever prediction it is.',
  ],
  ['Lost', 'Share of the detections that fall below the least score without the channel.'],
  [
    'Patches',
    'Parts of the photos around the places where the channel is strongest, one a photo, whatever the photo’s classes. A channel sees further than its patch, ever fainter.',
  ],
  [
    'Kernel',
    'The filter that makes the channel: red weights ask for more of their input, blue ones for less. A column is one of the first input channels. Missing where several filters are added up.',
  ],
]

/** `fanlight inspect channels`, as one page without script and network. */
export function renderChannelsReport(report: ChannelsReport): string {
  const { name, view, sha256, minScore, version } = report
  const body = html`${head(report)}
<main>
${failures(view.failures)}
<section id="guide"><details open><summary><h2>How to read this</h2></summary>
<dl class="guide">${TERMS.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl></details></section>
${table(view)}
<section id="channels"><h2>Channel by channel</h2><div class="cards">${view.cards.map((card) => cardOf(card, view))}</div></section>
<section id="provenance"><h2>Provenance</h2><dl class="facts">
<dt>detector</dt><dd>${name}, file’s SHA-256 <code>${sha256}</code></dd>
<dt>layers</dt><dd><ul>${view.layers.map((one) => html`<li><code>${one.name}</code> ${one.channels} channels of ${one.height} × ${one.width}</li>`)}</ul></dd>
<dt>detections</dt><dd>of a score of ${minScore} or more, 100 a photo at most</dd>
<dt>made by</dt><dd>fanlight ${version}</dd></dl></section>
</main>`
  return renderPage(`${name} · channels`, body, INSIDE_STYLE)
}

function head({ name, view }: ChannelsReport): Html {
  const { photos, photosWithDetections, detections, classes, classesLeftOut, layers } = view
  const tiles: [string, string][] = [
    [thousands(photos), `photos, ${thousands(photosWithDetections)} of them with detections`],
    [thousands(detections), 'detections'],
    [thousands(classes.length + classesLeftOut), 'classes'],
    [
      thousands(layers.reduce((sum, layer) => sum + layer.channels, 0)),
      `channels in ${plural(layers.length, 'layer')}`,
    ],
  ]
  return html`<header>
<p class="kind">Fanlight: which channels drive which class</p>
<h1>${name}</h1>
<dl class="tiles">${tiles.map(([value, what]) => html`<div><dt>${what}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function failures(all: ChannelsReport['view']['failures']): Html | undefined {
  if (all.length === 0) return undefined
  return html`<section class="warning"><h2>${plural(all.length, 'photo')} left out</h2>
<ul>${all.slice(0, 20).map(({ name, message }) => html`<li><span class="name">${name}</span>: ${message}</li>`)}</ul></section>`
}

const anchor = ({ layer, channel }: ChannelOf) => `c${layer}-${channel}`
const BAR_PX = 120

function table({ classes, layers, classesLeftOut }: ChannelsReport['view']): Html {
  const most = Math.max(
    1e-12,
    ...classes.flatMap(({ channels }) => channels.map(({ relevance }) => Math.abs(relevance))),
  )
  const rows = classes.flatMap(({ label, detections, channels }) =>
    channels.map(({ silenced, relevance, ...channel }, at) => {
      const width = Math.max(1, Math.round((BAR_PX * Math.abs(relevance)) / most))
      return html`<tr${at === 0 && html` class="first"`}><td class="name">${at === 0 && label}</td><td class="n">${at === 0 && thousands(detections)}</td>
<td class="name"><a href="#${anchor(channel)}">${layers[channel.layer]!.name} · ${channel.channel}</a></td>
<td><span class="bar${relevance < 0 && ' against'}" style="width:${width}px"></span>${digits(relevance)}</td>
${silenced ? html`<td class="n">${silenced.score.toFixed(3)}</td><td class="n">${silenced.silencedScore.toFixed(3)}</td><td class="n">${change(silenced)}</td><td class="n">${share(silenced.lostShare, 1)}</td>` : html`<td class="n" colspan="4">not measured</td>`}</tr>`
    }),
  )
  return html`<section id="classes"><h2>Classes, the most frequent first</h2>
<div class="scroll"><table class="layers"><thead><tr><th>class</th><th class="n">detections</th><th>layer · channel</th><th>relevance</th>
<th class="n">score</th><th class="n">without it</th><th class="n">change</th><th class="n">lost</th></tr></thead><tbody>${rows}</tbody></table></div>
${classesLeftOut > 0 && html`<p class="note">${plural(classesLeftOut, 'rarer class', 'rarer classes')} left out.</p>`}</section>`
}

function change({ score, silencedScore }: Silenced): string {
  if (score === 0) return '–'
  const percent = Math.round((100 * (silencedScore - score)) / score)
  return `${percent < 0 ? '−' : percent > 0 ? '+' : ''}${Math.abs(percent)} %`
}

function cardOf(card: Card, { classes, layers }: ChannelsReport['view']): Html {
  const { layer, channel, filter, patches } = card
  const speaks = classes.flatMap(({ label, channels }) => {
    const found = channels.find((one) => one.layer === layer && one.channel === channel)
    return found
      ? [
          html`<li><span class="name">${label}</span>: ${digits(found.relevance)}${found.silenced && html`, score ${change(found.silenced)} without it`}</li>`,
        ]
      : []
  })
  const title = `${layers[layer]!.name} · channel ${channel}`
  return html`<figure class="card channel" id="${anchor(card)}">
<div class="patches">${patches.map(({ photo, webp, value }) => html`<span title="${photo}: ${digits(value)}">${picture(webp, `Where channel ${channel} is strong in ${photo}`, { type: 'webp' })}</span>`)}</div>
<figcaption><h3 class="name">${title}</h3>
${patches.length > 0 && html`<p class="note">Strongest in the photos: ${patches.map(({ value }) => digits(value)).join(', ')}.</p>`}
<ul class="found">${speaks}</ul>
${filter ? html`<p class="note">Made by filter ${filter.filter} of <code>${filter.layer}</code>:</p>${picture(filter.png, `Kernel of ${title}`, { className: 'kernel' })}` : html`<p class="note">No single filter makes this channel.</p>`}
</figcaption></figure>`
}
