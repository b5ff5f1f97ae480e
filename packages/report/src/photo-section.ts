import { grouped, isLossTerm } from '@fanlight/explain/words'
import { attributionCard } from './attribution-card.ts'
import { type Html, html } from './html.ts'
import { lossTermsBlock } from './loss-terms.ts'
import { picture } from './picture.ts'
import type { ReportPhoto, ReportTarget } from './report-data.ts'
import { plural, twoDigits } from './words.ts'

/** What was found at one place, with its number and all that is explained about it. */
export interface ReportDetection {
  readonly number: number
  /** Of the photo, pixels. */
  readonly size: Pick<ReportPhoto, 'width' | 'height'>
  readonly targets: readonly ReportTarget[]
}

export function photoSection(photo: ReportPhoto, index: number): Html {
  const { name, width, height, targetsCut } = photo
  const detections = detectionsOf(photo)
  return html`<section class="photo" id="photo-${index + 1}">
<h2 class="name">${name}</h2>
<p class="note">${width} × ${height} pixels · ${plural(detections.length, 'detection')}${
    targetsCut > 0 && html` · ${plural(targetsCut, 'weaker one')} left out (<code>--max-targets</code>)`
  } · SHA-256 <code>${photo.sha256}</code></p>
<div class="cards">
${
  photo.picture &&
  html`<figure class="card">${picture(photo.picture, `Photo with ${plural(detections.length, 'numbered box', 'numbered boxes')}`)}
<figcaption><ol class="found">${detections.map(
    ({ number, targets: [target] }) =>
      html`<li><span class="badge">${number}</span> ${target!.label} <span class="score">${twoDigits(target!.score)}</span></li>`,
  )}</ol></figcaption></figure>`
}
${detections.map(cardsOf)}
</div>
${detections.map(lossTermsBlock)}
</section>`
}

function detectionsOf({ targets, width, height }: ReportPhoto): readonly ReportDetection[] {
  const places = Map.groupBy(targets, ({ box, label }) => JSON.stringify([box, label]))
  return [...places.values()].map((targets, i) => ({ number: i + 1, size: { width, height }, targets }))
}

/** Those of loss terms stand side by side elsewhere. Groups are named where there are several. */
function cardsOf({ number, size, targets }: ReportDetection): readonly (Html | undefined)[] {
  const pairs = targets
    .filter(({ objective }) => !isLossTerm(objective))
    .flatMap((target) => target.attributions.map((given) => ({ target, given })))
  const groups = grouped(pairs, ({ given }) => given.method)
  return groups.flatMap(({ group, members }) => [
    groups.length > 1
      ? html`<p class="group"><span class="badge">${number}</span> ${targets[0]!.label}: ${group ?? 'other methods'}</p>`
      : undefined,
    ...members.map(({ target, given }) => attributionCard({ target, given, number, size })),
  ])
}
