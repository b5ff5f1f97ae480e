import { isLossTerm, lossTerms, short } from '@fanlight/explain/words'
import { attributionCard } from './attribution-card.ts'
import { type Html, html, raw } from './html.ts'
import type { ReportDetection } from './photo-section.ts'
import type { ReportAttribution, ReportTarget } from './report-data.ts'

interface Term {
  readonly target: ReportTarget
  readonly given: ReportAttribution
}

/** The loss terms of a detection side by side, method by method; undefined where none was asked for. */
export function lossTermsBlock({ number, size, targets }: ReportDetection): Html | undefined {
  const terms = targets
    .filter(({ objective }) => isLossTerm(objective))
    .flatMap((target) => target.attributions.map((given): Term => ({ target, given })))
  if (terms.length === 0) return undefined
  const methods = Map.groupBy(terms, ({ given }) => given.method)
  return html`<div class="terms">
<h3><span class="badge">${number}</span> ${targets[0]!.label}: what each term of the training loss looks at</h3>
<p class="note">How the loss of this detection would fall. Bars compare the magnitudes of the gradients of one method.</p>
${[...methods.values()].map((given) => html`<div class="cards">${inOrder(given).map(termCard({ number, size }))}</div>`)}
</div>`
}

const order = Object.keys(lossTerms)
const inOrder = (terms: readonly Term[]) =>
  terms.toSorted((a, b) => order.indexOf(a.target.objective) - order.indexOf(b.target.objective))

/** What is left of one that vanished is rounding. */
const magnitudeOf = ({ gradient }: ReportAttribution) => (gradient?.vanished === null ? gradient.magnitude : 0)

const termCard =
  (detection: Pick<ReportDetection, 'number' | 'size'>) =>
  ({ target, given }: Term, _: number, all: readonly Term[]): Html => {
    const most = Math.max(...all.map((term) => magnitudeOf(term.given)))
    const magnitude = magnitudeOf(given)
    const share = most > 0 ? (100 * magnitude) / most : 0
    const { name, meaning } = lossTerms[target.objective as keyof typeof lossTerms]
    const under = html`<p><strong>${name}</strong> <span class="note">${meaning}</span></p>
<p class="note">magnitude ${short(magnitude)}</p>
<div class="bar"><span style="width: ${raw(share.toFixed(1))}%"></span></div>`
    return attributionCard({ ...detection, target, given, under })
  }
