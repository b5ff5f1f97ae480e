import { methodWarning, noMapOf, objectivesInWords, short, slopeInWords } from '@fanlight/explain/words'
import { type Html, html } from './html.ts'
import { picture } from './picture.ts'
import type { ReportAttribution, ReportTarget } from './report-data.ts'
import { cautionsOf, percent, steadiness, thousands, twoDigits, whereItLooked } from './words.ts'

/** Layers that a card names; a neck has three, as a rule. */
const NAMED_LAYERS = 4

/** A target by one method: its picture, what it says, and its numbers. */
export function attributionCard(target: ReportTarget, given: ReportAttribution, number: number, under?: Html): Html {
  const { label, score, objective, box } = target
  const [x1, y1, x2, y2] = box.map((side) => Math.round(side)) as [number, number, number, number]
  const lead = whereItLooked(given, objective)
  const meaning = noMapOf(given.gradient, objective)?.meaning
  return html`<figure class="card">
${given.picture && picture(given.picture, `Evidence for ${label}, ${given.method}. ${lead}`)}
<figcaption>
<h3><span class="badge">${number}</span> ${label} <span class="score">${twoDigits(score)}</span> <span class="method">${
    objective === 'score' ? '' : `${objective} · `
  }${given.method}</span></h3>
${under}
<p class="lead">${lead}</p>
${meaning !== undefined && html`<p class="caution">${meaning}</p>`}
${cautionsOf(given).map((caution) => html`<p class="caution">⚠ ${caution}</p>`)}
${methodWarning(given.method) !== undefined && html`<p class="caution">⚠ Fails sanity checks.</p>`}
<dl class="numbers">
<dt>in the box</dt><dd>${given.inBoxEnergy === null ? '–' : percent(given.inBoxEnergy)}</dd>
${given.gradient ? gradientNumbers(given.gradient) : runNumbers(given)}
</dl>
<details><summary>where it comes from</summary><dl class="numbers">
<dt>forwards</dt><dd>${thousands(given.forwards)}</dd>
<dt>objective</dt><dd>${objective}: ${objectivesInWords[objective]}</dd>
<dt>box</dt><dd>${x1}, ${y1} – ${x2}, ${y2}</dd>
${given.mapPath && html`<dt>map</dt><dd><code>${given.mapPath}</code></dd>`}
<dt>explanation</dt><dd><code>${given.explanation}</code></dd>
</dl></details>
</figcaption></figure>`
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
