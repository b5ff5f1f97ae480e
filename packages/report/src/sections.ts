import { whyDoubted } from '@fanlight/explain/diagnosis'
import { methodWarning } from '@fanlight/explain/words'
import { type Html, html } from './html.ts'
import type { ReportAttribution, ReportData, ReportTarget } from './report-data.ts'
import { duration, percent, plural, thousands, twoDigits } from './words.ts'

export function headSection(data: ReportData): Html {
  const { totals, detector } = data
  const tiles: [string, string][] = [
    [thousands(totals.photos), totals.photos === 1 ? 'photo' : 'photos'],
    [thousands(totals.detections), totals.detections === 1 ? 'detection explained' : 'detections explained'],
    [thousands(data.withoutDetections.length), 'without detections'],
    [thousands(data.failures.length), data.failures.length === 1 ? 'failure' : 'failures'],
    [thousands(totals.forwards), 'forwards'],
    [totals.durationMs === undefined ? '–' : duration(totals.durationMs), 'time'],
  ]
  return html`<header>
<p class="kind">Fanlight report</p>
<h1>${data.title}</h1>
<p>What in each photo made <strong>${detector.name}</strong> say what it said.</p>
<dl class="tiles">${tiles.map(([value, name]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

export function failuresSection({ failures }: ReportData): Html | undefined {
  if (failures.length === 0) return undefined
  const rows = failures.map(
    ({ name, code, message }) =>
      html`<tr><td class="name">${name}</td><td><code>${code}</code></td><td>${message}</td></tr>`,
  )
  return html`<section id="failures" class="warning">
<h2>${plural(failures.length, 'photo')} could not be explained</h2>
<div class="scroll"><table><thead><tr><th>photo</th><th>code</th><th>what happened, and what to do</th></tr></thead><tbody>${rows}</tbody></table></div>
</section>`
}

/** What to know before looking at the maps of some methods. */
export function warningsSection({ methods }: ReportData): Html | undefined {
  const warnings = [...new Set(methods.flatMap(({ name }) => methodWarning(name) ?? []))]
  if (warnings.length === 0) return undefined
  return html`<section id="warnings" class="warning">${warnings.map((warning) => html`<p>⚠ ${warning}</p>`)}</section>`
}

export function withoutSection({ withoutDetections }: ReportData): Html | undefined {
  if (withoutDetections.length === 0) return undefined
  return html`<section id="without">
<h2>${plural(withoutDetections.length, 'photo')} without detections</h2>
<p>The detector found nothing there of the wanted score: there is nothing to explain.</p>
<ul class="names">${withoutDetections.map((name) => html`<li>${name}</li>`)}</ul>
</section>`
}

type Given = ReportAttribution & { readonly target: ReportTarget }

/** One line a class and method: the first thing to read in a long report. */
export function classesSection({ photos }: ReportData): Html | undefined {
  const groups = new Map<string, { label: string; method: string; scores: number[]; given: Given[] }>()
  for (const target of photos.flatMap((photo) => photo.targets)) {
    const { label, score } = target
    for (const given of target.attributions) {
      const key = JSON.stringify([label, given.method])
      const group = groups.get(key) ?? { label, method: given.method, scores: [], given: [] }
      groups.set(key, group)
      group.scores.push(score)
      group.given.push({ ...given, target })
    }
  }
  if (groups.size === 0) return undefined
  const rows = [...groups.values()]
    .sort((a, b) => b.given.length - a.given.length || (a.label < b.label ? -1 : 1))
    .map(({ label, method, scores, given }) => {
      const outside = median(given.flatMap(({ inBoxEnergy }) => (inBoxEnergy === null ? [] : [1 - inBoxEnergy])))
      const steady = median(given.flatMap(({ stability }) => (stability === null ? [] : [stability])))
      const doubtful = given.filter((attribution) => whyDoubted(attribution).length > 0).length
      return html`<tr><td>${label}</td><td>${method}</td><td class="n">${thousands(given.length)}</td>
<td class="n">${twoDigits(median(scores)!)}</td><td class="n">${outside === undefined ? '–' : percent(outside)}</td>
<td class="n">${steady === undefined ? '–' : twoDigits(steady)}</td><td class="n">${doubtful}</td></tr>`
    })
  return html`<section id="classes"><h2>By class</h2>
<div class="scroll"><table><thead><tr><th>class</th><th>method</th><th class="n">detections</th><th class="n">score</th>
<th class="n">looked outside the box</th><th class="n">stability</th><th class="n">doubtful</th></tr></thead>
<tbody>${rows}</tbody></table></div><p class="note">Medians over the detections shown in this report.</p></section>`
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** What an auditor needs to make every number again. */
export function provenanceSection(data: ReportData): Html {
  const { detector } = data
  const methods = data.methods.map(
    ({ name, version, params }) =>
      html`<li><code>${name}@${version}</code> <code>${JSON.stringify(params)}</code></li>`,
  )
  const versions = Object.entries(data.versions).map(([name, version]) => `${name} ${version}`)
  return html`<section id="provenance"><h2>Provenance</h2>
<dl class="facts">
<dt>detector</dt><dd>${detector.name}, family ${detector.family}, input ${detector.width} × ${detector.height}, ${plural(detector.classes, 'class', 'classes')}</dd>
<dt>detector's SHA-256</dt><dd><code>${detector.sha256}</code></dd>
<dt>methods</dt><dd><ul>${methods}</ul></dd>
<dt>seed</dt><dd>${data.seed}</dd>
<dt>detections from</dt><dd>score ${data.minScore}</dd>
<dt>job</dt><dd><code>${data.job}</code></dd>
<dt>versions</dt><dd>${versions.join(' · ')}</dd>
<dt>execution</dt><dd><ul>${data.executionClasses.map((name) => html`<li><code>${name}</code></li>`)}</ul></dd>
${data.command && html`<dt>again</dt><dd><code>${data.command}</code></dd>`}
</dl></section>`
}
