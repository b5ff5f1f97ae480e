import { type ComparedMetric, leastClusters } from '@fanlight/evaluate'
import { headlineMetrics, metricGroups, metricsInWords } from '@fanlight/evaluate/words'
import { curvesSection } from './comparison-curves.ts'
import type { ComparisonData } from './comparison-data.ts'
import { COMPARISON_STYLE } from './comparison-style.ts'
import { metricsTable, sizesTable } from './comparison-table.ts'
import { type Html, html } from './html.ts'
import { renderPage } from './page.ts'
import { picture } from './picture.ts'
import { plural, thousands, twoDigits } from './words.ts'

/** Methods side by side as one HTML page that needs nothing beside it. */
export function renderComparison(data: ComparisonData): string {
  const body = html`${headSection(data)}
${cautionsSection(data)}
${data.comparison.targets > 0 && html`${tablesSection(data)}${sizesSection(data)}${curvesSection(data.comparison)}${examplesSection(data)}`}
${failuresSection(data)}
${againSection(data)}`
  return renderPage(data.title, body, COMPARISON_STYLE)
}

function headSection({ title, detector, comparison }: ComparisonData): Html {
  const { photos, targets, methods, fills } = comparison
  const tiles: [string, string][] = [
    [thousands(photos), photos === 1 ? 'photo' : 'photos'],
    [thousands(targets), targets === 1 ? 'target' : 'targets'],
    [thousands(methods.length), 'methods, baselines included'],
    [
      thousands(fills.length),
      `${fills.length === 1 ? 'fill' : 'fills'} where the photo is hidden: ${fills.join(', ')}`,
    ],
  ]
  return html`<header>
<p class="kind">Fanlight comparison</p>
<h1>${title}</h1>
<p>How well maps of <strong>${detector.name}</strong> say what it looks at: measured by asking it again with parts of the photo hidden.</p>
<dl class="tiles">${tiles.map(([value, name]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function cautionsSection({ comparison, failures }: ComparisonData): Html | undefined {
  const { photos, targets, methods } = comparison
  const least = leastClusters(Math.max(...comparison.levels))
  const mapless = methods.filter((method) => method.targets < targets)
  const cautions = [
    targets === 0 && 'No target was found: there is nothing to compare. Lower --min-score, or give --target.',
    photos > 0 &&
      photos < least &&
      `${plural(photos, 'photo')} cannot tell how photos differ: there are no intervals below ${least} of them. Evaluate on more photos.`,
    targets > 0 &&
      mapless.length > 0 &&
      `Not every target has a map of ${mapless.map(({ name }) => name).join(', ')}: compare by the differences, which are over shared targets.`,
    failures.length > 0 && `${plural(failures.length, 'explanation')} failed: see below.`,
  ].filter((caution) => caution !== false)
  if (cautions.length === 0) return undefined
  return html`<section class="warning" id="cautions">${cautions.map((caution) => html`<p>⚠ ${caution}</p>`)}</section>`
}

function tablesSection({ comparison }: ComparisonData): Html {
  const { metrics, methods, reference } = comparison
  const name = methods.find(({ key }) => key === reference)?.name ?? ''
  const groups = metricGroups.map(({ title, meaning, metrics: names }) => {
    const shown = names.flatMap((wanted) => metrics.filter(({ metric, size }) => metric === wanted && size === 'all'))
    if (shown.length === 0) return undefined
    return html`<h3>${title}</h3><p>${meaning}</p>${metricsTable(comparison, shown, title)}${words(shown)}`
  })
  return html`<section id="metrics"><h2>Methods and metrics</h2>
<p>Large: the mean over targets. ★ marks the best mean. Below it the difference to <strong class="name">${name}</strong> over the targets that both have, with its 95 % interval; in the bar the thick line holds 90 %, the thin one 95 %, and the tick is no difference. Where the 95 % interval leaves out 0 stand ▲ better, ▼ worse or, where neither way is better, ≠ other.</p>
<p class="note">Intervals: bootstrap over photos, not detections; many intervals stand here, and one in twenty leaves out 0 by chance.</p>
${groups}</section>`
}

function words(shown: readonly ComparedMetric[]): Html {
  const names = [...new Set(shown.map(({ metric }) => metric))]
  return html`<dl class="metrics">${names.map((metric) => {
    const { name, meaning, unit, source, absentBecause } = metricsInWords[metric]
    return html`<div><dt>${name}</dt><dd>${meaning} In: ${unit}.${absentBecause && html` Does not apply where ${absentBecause}.`} <span class="source">(${source})</span></dd></div>`
  })}</dl>`
}

function sizesSection({ comparison }: ComparisonData): Html {
  const columns = headlineMetrics.flatMap((wanted) => {
    const of = comparison.metrics.filter(({ metric, size }) => metric === wanted && size !== 'all')
    return [...Map.groupBy(of, ({ fill }) => fill).values()]
  })
  return html`<section id="sizes"><h2>By size of the object</h2>
<p>The root of the box’s share of the photo’s area: small below a quarter, large from a half on.</p>
${columns.map((sizes) => {
  const { metric, fill } = sizes[0]!
  const { name } = metricsInWords[metric]
  const title = fill === null ? name : `${name}, hidden by ${fill}`
  return html`<h3>${title}</h3>${sizesTable(comparison, sizes, `${title}, by size`)}`
})}</section>`
}

function examplesSection({ examples, comparison }: ComparisonData): Html | undefined {
  if (examples.length === 0) return undefined
  const nameOf = (key: string) => comparison.methods.find((method) => method.key === key)?.name ?? key
  return html`<section id="maps"><h2>What the maps look like</h2>
<p>The surest target of the first photos. Brighter places speak for the target; the scale of each map is its own.</p>
${examples.map(
  ({
    photo,
    label,
    score,
    objective,
    maps,
  }) => html`<h3><span class="name">${photo}</span>: <span class="name">${label}</span> <span class="score">${twoDigits(score)}</span>${objective !== 'score' && html` (${objective})`}</h3>
<div class="maps">${maps.map(
    ({ method, picture: drawn }) =>
      html`<figure class="card">${drawn ? picture(drawn, `Map of ${nameOf(method)} for ${label}`) : ''}<figcaption>${nameOf(method)}${!drawn && ' (the photo could not be drawn)'}</figcaption></figure>`,
  )}</div>`,
)}</section>`
}

function failuresSection({ failures }: ComparisonData): Html | undefined {
  if (failures.length === 0) return undefined
  const rows = failures.map(
    ({ path, method, code, message }) =>
      html`<tr><td class="name">${path}</td><td>${method ?? '–'}</td><td><code>${code}</code></td><td>${message}</td></tr>`,
  )
  return html`<section id="failures" class="warning"><h2>${plural(failures.length, 'explanation')} failed</h2>
<div class="scroll"><table><thead><tr><th>photo</th><th>method</th><th>code</th><th>what happened, and what to do</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

/** All that it takes to make the same page again. */
function againSection(data: ComparisonData): Html {
  const { comparison, detector, seed, command } = data
  const facts: [string, Html | string][] = [
    ['command', html`<pre><code>${command}</code></pre>`],
    ['seed', `${seed}, of methods and bootstrap alike`],
    [
      'intervals',
      `expanded percentiles of ${thousands(comparison.resamples)} bootstrap resamples of photos; in curves Student’s t over photos`,
    ],
    ['detector', html`${detector.name}, ${detector.family}, SHA-256 <code>${detector.sha256}</code>`],
    [
      'targets',
      `detections of at least ${data.minScore}, at most ${data.maxTargets} a photo; objective ${data.objectives.join(', ')}`,
    ],
    [
      'methods',
      html`<ul>${comparison.methods.map(({ name, method, randomised }) => html`<li>${name}: <code>${method.name}</code> version ${method.version}${randomised && ', weights drawn anew'}, <code>${JSON.stringify(method.params)}</code></li>`)}</ul>`,
    ],
    ['run by', data.executionClasses.join('; ')],
    ['made by', html`Fanlight ${data.fanlight}, job <code>${data.job}</code>`],
    ['every value', html`<code>evaluation.json</code> beside this page`],
  ]
  return html`<section id="again"><h2>To make it again</h2><dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`
}
