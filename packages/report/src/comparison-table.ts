import type {
  ComparedCell,
  ComparedMethod,
  ComparedMetric,
  Comparison,
  Difference,
  Interval,
  SizeGroup,
} from '@fanlight/evaluate'
import { measured, signed, spanOf, verdictOf } from '@fanlight/evaluate/plot'
import { directionsInWords, metricsInWords } from '@fanlight/evaluate/words'
import { type Html, html } from './html.ts'
import { plural, thousands } from './words.ts'

/** A column of a table: a metric under a fill, over objects of a size. */
interface Column {
  readonly compared: ComparedMetric
  readonly head: string
}

const BAR = { width: 64, height: 14 }

/** Methods × metrics, a column for each fill. */
export function metricsTable(comparison: Comparison, metrics: readonly ComparedMetric[], caption: string): Html {
  const groups = [...Map.groupBy(metrics, ({ metric }) => metric).values()]
  const heads = groups.map((group) => {
    const { name, better } = metricsInWords[group[0]!.metric]
    const direction = better === null ? 'says what the map is like' : directionsInWords[better]
    return html`<th scope="colgroup" colspan="${group.length}">${name}<br><span class="direction">${direction}</span></th>`
  })
  const columns = metrics.map((compared) => ({ compared, head: compared.fill ?? 'any fill' }))
  return table(comparison, columns, caption, heads)
}

/** Methods × sizes of objects, of one metric and fill. */
export function sizesTable(comparison: Comparison, sizes: readonly ComparedMetric[], caption: string): Html {
  const columns = sizes.map((compared) => {
    const { targets, photos } = comparison.sizes.find(({ size }) => size === compared.size)!
    const counted = `${plural(targets, 'target')}, ${plural(photos, 'photo')}`
    return { compared, head: `${compared.size === 'all' ? 'all sizes' : compared.size}: ${counted}` }
  })
  return table(comparison, columns, caption, undefined)
}

function table(
  comparison: Comparison,
  columns: readonly Column[],
  caption: string,
  groupHeads: readonly Html[] | undefined,
): Html {
  const { methods } = comparison
  const heads = columns.map(({ head }) => html`<th scope="col" class="n">${head}</th>`)
  const bodies = [false, true].map((baseline) => {
    const rows = methods.flatMap((method, at) =>
      method.baseline === baseline ? [row(comparison, method, columns, at)] : [],
    )
    if (rows.length === 0) return undefined
    const head =
      baseline &&
      html`<tr><th scope="rowgroup" class="group" colspan="${columns.length + 1}">Baselines: know nothing of what the network learned</th></tr>`
    return html`<tbody>${head}${rows}</tbody>`
  })
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="compared">
<thead>${groupHeads && html`<tr><td></td>${groupHeads}</tr>`}<tr><th scope="col">method</th>${heads}</tr></thead>
${bodies}</table></div>`
}

function row(comparison: Comparison, method: ComparedMethod, columns: readonly Column[], at: number): Html {
  const isReference = method.key === comparison.reference
  return html`<tr${isReference && html` class="reference"`}><th scope="row"><span class="name">${method.name}</span>
<span class="note">${isReference && 'reference · '}${forwardsOf(method)}</span></th>${columns.map(({ compared }) =>
    cell(comparison, compared, compared.cells[at]!),
  )}</tr>`
}

const forwardsOf = ({ forwards, targets }: ComparedMethod) =>
  targets === 0 ? 'no map' : plural(Math.round(forwards ?? 0), 'forward')

function cell(comparison: Comparison, compared: ComparedMetric, given: ComparedCell): Html {
  const { mean, best, targets, difference } = given
  if (mean === null) return html`<td class="n none">${whyNone(comparison, compared)}</td>`
  const all = targetsOf(comparison, compared.size)
  return html`<td class="n"><span class="mean">${measured(mean)}</span>${best && html` <span class="best">★ best</span>`}${
    targets < all && html`<br><span class="note">of ${thousands(targets)} targets</span>`
  }${difference !== null && html`<br>${differenceOf(comparison, compared, difference)}`}</td>`
}

const VERDICTS = { better: '▲', worse: '▼', more: '≠', less: '≠' } as const

function differenceOf({ methods }: Comparison, { metric, cells }: ComparedMetric, difference: Difference): Html {
  const { mean, intervals } = difference
  const [narrow, wide] = intervals ?? []
  if (!narrow || !wide) return html`<span class="difference">${signed(mean)}</span>`
  // Baselines are far off: were they to fit the scale, nothing else could be told apart.
  const ends = cells.flatMap(({ difference }, at) =>
    methods[at]!.baseline ? [] : (difference?.intervals?.at(-1) ?? []),
  )
  const most = Math.max(...ends.flatMap(({ low, high }) => [-low, low, -high, high])) || 1
  const verdict = verdictOf(wide, metricsInWords[metric].better)
  const told = `90 %: ${signed(narrow.low)} … ${signed(narrow.high)}; 95 %: ${signed(wide.low)} … ${signed(wide.high)}`
  return html`<span class="difference" title="${told}">${signed(mean)} ${bar(narrow, wide, most)}<br>${
    verdict && html`<span class="verdict ${verdict}" role="img" aria-label="${verdict}">${VERDICTS[verdict]}</span> `
  }${signed(wide.low)} … ${signed(wide.high)}</span>`
}

const targetsOf = ({ sizes }: Comparison, size: SizeGroup) => sizes.find((each) => each.size === size)?.targets ?? 0

function whyNone(comparison: Comparison, { metric, size }: ComparedMetric): string {
  if (targetsOf(comparison, size) === 0) return 'no such target'
  return metricsInWords[metric].absentBecause ? 'does not apply' : 'could not be measured'
}

/** The thick line holds the narrow interval, the thin one the wide one; the tick in the middle is the reference. */
function bar(narrow: Interval, wide: Interval, most: number): Html {
  const [thick, thin] = [spanOf(narrow, most, BAR.width), spanOf(wide, most, BAR.width)]
  const middle = BAR.height / 2
  return html`<svg class="interval" width="${BAR.width}" height="${BAR.height}" viewBox="0 0 ${BAR.width} ${BAR.height}" aria-hidden="true"><path class="zero" d="M${BAR.width / 2} 0v${BAR.height}"/><rect x="${thin.x}" y="${middle - 0.75}" width="${thin.width}" height="1.5"/><rect x="${thick.x}" y="${middle - 2.5}" width="${thick.width}" height="5"/></svg>`
}
