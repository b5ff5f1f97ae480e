import { fitInWords, whyDoubted } from '@fanlight/explain/diagnosis'
import { methodWarning, noMapOf, objectivesInWords, type Reason, short, slopeInWords } from '@fanlight/explain/words'
import { type Html, html } from './html.ts'
import { picture } from './picture.ts'
import type { ReportAttribution, ReportPhoto, ReportTarget } from './report-data.ts'
import type { Place } from './strongest-places.ts'
import { percent, steadiness, thousands, twoDigits, whereItLooked } from './words.ts'

/** Layers that a card names; a neck has three, as a rule. */
const NAMED_LAYERS = 4

export interface Card {
  readonly target: ReportTarget
  readonly given: ReportAttribution
  /** Of the detection in the photo, from 1. */
  readonly number: number
  /** Of the photo, pixels. */
  readonly size: Pick<ReportPhoto, 'width' | 'height'>
  /** Stands below the name. */
  readonly under?: Html
}

/** A target by one method: whether to believe it, its picture, what it says, and its numbers. */
export function attributionCard({ target, given, number, size, under }: Card): Html {
  const { label, score, objective, box } = target
  const [x1, y1, x2, y2] = box.map((side) => Math.round(side)) as [number, number, number, number]
  const lead = whereItLooked(given, objective)
  const meaning = noMapOf(given.gradient, objective)?.meaning
  const doubts = meaning === undefined ? whyDoubted({ ...given, target }) : []
  return html`<figure class="card">
${doubtNotice(doubts)}
${given.picture && picture(given.picture, `Evidence for ${label}, ${given.method}. ${lead}`)}
<figcaption>
<h3><span class="badge">${number}</span> ${label} <span class="score">${twoDigits(score)}</span> <span class="method">${
    objective === 'score' ? '' : `${objective} · `
  }${given.method}</span></h3>
${under}
<p class="lead">${lead}</p>
${meaning !== undefined && html`<p class="caution">${meaning}</p>`}
${methodWarning(given.method) !== undefined && html`<p class="caution">⚠ Fails sanity checks.</p>`}
<dl class="numbers">
<dt>in the box</dt><dd>${given.inBoxEnergy === null ? '–' : percent(given.inBoxEnergy)}</dd>
${given.gradient ? gradientNumbers(given.gradient) : runNumbers(given)}
${fitInWords(given).map(({ name, value, meaning }) => html`<dt>${name}</dt><dd>${value} <span class="meaning">${meaning}</span></dd>`)}
</dl>
${given.places && given.places.length > 0 && placesList(given.places, size)}
<details><summary>where it comes from</summary><dl class="numbers">
<dt>forwards</dt><dd>${thousands(given.forwards)}</dd>
<dt>objective</dt><dd>${objective}: ${objectivesInWords[objective]}</dd>
<dt>box</dt><dd>${x1}, ${y1} – ${x2}, ${y2}</dd>
${given.mapPath && html`<dt>map</dt><dd><code>${given.mapPath}</code></dd>`}
<dt>explanation</dt><dd><code>${given.explanation}</code></dd>
</dl></details>
</figcaption></figure>`
}

/** Above the picture: a map that should not be believed says so before it is looked at. */
function doubtNotice(doubts: readonly Reason[]): Html | undefined {
  if (doubts.length === 0) return undefined
  return html`<div class="doubtful" role="note"><p class="lead">⚠ Do not take this map at its word</p>
<ul>${doubts.map(({ cause, meaning }) => html`<li><strong>${cause}</strong>: ${meaning}</li>`)}</ul></div>`
}

function placesList(places: readonly Place[], { width, height }: Card['size']): Html {
  const rows = places.map(({ x, y, value, halfWidth }) => {
    const sure = halfWidth < Math.abs(value) ? '' : ': may be nothing'
    return html`<li>at ${Math.round(x * width)}, ${Math.round(y * height)}: ${short(value)} ± ${short(halfWidth)}${sure}</li>`
  })
  return html`<p class="note">Strongest places, in pixels from the upper left, and how sure they are:</p><ul class="places">${rows}</ul>`
}

function runNumbers({ stability, priorShare, emptyValue, fullValue }: ReportAttribution): Html {
  const values =
    emptyValue === null || fullValue === null ? 'not asked' : `${twoDigits(emptyValue)} / ${twoDigits(fullValue)}`
  return html`<dt>stability</dt><dd>${steadiness(stability)}</dd>
<dt>prior share</dt><dd>${percent(priorShare)}</dd>
<dt>hidden / whole</dt><dd>${values}</dd>`
}

function gradientNumbers(gradient: NonNullable<ReportAttribution['gradient']>): Html {
  const { value, emptyValue, magnitude, slope, layers } = gradient
  const more = layers.length - NAMED_LAYERS
  return html`<dt>value</dt><dd>${short(value)}${emptyValue !== null && `, where the path begins ${short(emptyValue)}`}</dd>
<dt>magnitude</dt><dd>${short(magnitude)}</dd>
${slope !== null && html`<dt>slope</dt><dd>${short(slope)} ${slopeInWords(slope)}</dd>`}
<dt>taken at</dt><dd>${layers.slice(0, NAMED_LAYERS).map((name) => html`<code>${name}</code> `)}${more > 0 && `and ${more} more`}</dd>`
}
