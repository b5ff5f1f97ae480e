import type { Comparison, MeanCurve } from '@fanlight/evaluate'
import { bandPath, type Frame, linePath, measured, mostOf } from '@fanlight/evaluate/plot'
import { curvePairs } from '@fanlight/evaluate/words'
import { type Html, html } from './html.ts'

const SIZE = { width: 180, height: 110 }
/** Room for the numbers beside the axes. */
const LEFT = 26
const BELOW = 18

type Pair = (typeof curvePairs)[number]

/** Small pictures, one a method: the area between both curves is insertion − deletion. */
export function curvesSection({ methods, curves, fills, reference }: Comparison): Html | undefined {
  if (curves.length === 0) return undefined
  const groups = curvePairs.flatMap((pair) =>
    fills.map((fill) => {
      const shown = curves.filter(
        (curve) => curve.fill === fill && (curve.metric === pair.insertion || curve.metric === pair.deletion),
      )
      if (shown.length === 0) return undefined
      const most = mostOf(shown.flatMap(({ mean }) => mean))
      const named = methods.find(({ key }) => key === reference)?.name
      const panels = methods.map(({ key, name }) => {
        const of = (method: string | null) => curvesOf(shown, pair, method)
        return panel(name, of(key), key === reference ? undefined : of(reference), { ...SIZE, most })
      })
      return html`<h3>${pair.title}, hidden by ${fill}</h3>
<p class="note">Across: from nothing shown or hidden to everything. Upwards: value ÷ that of the whole photo, the mean over targets.${
        named && html` The thin grey lines are those of ${named}.`
      }</p><div class="panels">${panels}</div>`
    }),
  )
  return html`<section id="curves"><h2>Curves</h2>
<p><svg class="sample" width="42" height="10" aria-hidden="true"><path class="insertion" d="M0 5h42"/></svg> insertion: what the map holds strongest is shown first; high and early is better.
<svg class="sample" width="42" height="10" aria-hidden="true"><path class="deletion" d="M0 5h42"/></svg> deletion: it is hidden first; low and early is better. Bands hold the mean with 90 %, point by point, over photos.</p>
${groups}</section>`
}

interface Curves {
  readonly insertion: MeanCurve | undefined
  readonly deletion: MeanCurve | undefined
}

const curvesOf = (curves: readonly MeanCurve[], pair: Pair, method: string | null): Curves => ({
  insertion: curves.find((curve) => curve.method === method && curve.metric === pair.insertion),
  deletion: curves.find((curve) => curve.method === method && curve.metric === pair.deletion),
})

function panel(name: string, { insertion, deletion }: Curves, ghost: Curves | undefined, frame: Frame): Html {
  if (!insertion || !deletion)
    return html`<figure class="panel"><figcaption class="name">${name}</figcaption><p class="note">no map was measured</p></figure>`
  const { width, height, most } = frame
  const between = area(insertion) - area(deletion)
  const band = (kind: string, { mean, halfWidths }: MeanCurve) =>
    halfWidths ? html`<path class="band ${kind}" d="${bandPath(mean, halfWidths, frame)}"/>` : undefined
  const line = (kind: string, { mean }: MeanCurve) => html`<path class="${kind}" d="${linePath(mean, frame)}"/>`
  const said = `${name}: area under insertion ${measured(area(insertion))}, under deletion ${measured(area(deletion))}`
  return html`<figure class="panel"><figcaption><span class="name">${name}</span> <span class="note">between them ${measured(between)}</span></figcaption>
<svg role="img" aria-label="${said}" viewBox="${-LEFT} -6 ${width + LEFT + 8} ${height + BELOW + 6}"><path class="axes" d="M0 0V${height}H${width}"/>
<text x="-4" y="4" class="end">${most}</text><text x="-4" y="${height}" class="end">0</text><text x="0" y="${height + 13}">0 %</text><text x="${width}" y="${height + 13}" class="end">100 %</text>
${band('insertion', insertion)}${band('deletion', deletion)}${ghost?.insertion && line('ghost', ghost.insertion)}${ghost?.deletion && line('ghost', ghost.deletion)}${line('insertion', insertion)}${line('deletion', deletion)}</svg></figure>`
}

/** By trapezia. */
const area = ({ mean }: MeanCurve) =>
  mean.slice(1).reduce((sum, value, i) => sum + (value + mean[i]!) / 2, 0) / (mean.length - 1)
