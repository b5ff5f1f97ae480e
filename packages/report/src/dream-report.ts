import { digits } from '@fanlight/network/words'
import { type Html, html, raw } from './html.ts'
import { type NetworkReport, networkProvenance } from './network-report.ts'
import { renderPage } from './page.ts'
import { percent, plural, twoDigits } from './words.ts'

export interface DreamReport extends NetworkReport {
  /** What was raised, as a person says it. */
  readonly what: string
  readonly seed: number
  /** From the start to the end. */
  readonly steps: readonly DreamReportStep[]
}

interface DreamReportStep {
  readonly step: number
  readonly value: number
  /** Of a class or a detection, 0..1; null for a channel. */
  readonly score: number | null
  readonly png: Uint8Array | null
}

/** A dream that the network would not report as a detection. */
const FAINT = 0.25

/** What became of a dream, and what to do about one that did not come to much. */
export function dreamOutcome(steps: readonly Pick<DreamReportStep, 'step' | 'value' | 'score'>[]): {
  readonly rose: boolean
  readonly caution: string | undefined
} {
  const [first, last] = [steps[0]!, steps.at(-1)!]
  const rose = last.value > first.value
  const more = 'Try more steps, or another seed'
  if (!rose) return { rose, caution: `It did not rise: the last picture stands no higher than the noise. ${more}.` }
  if (last.score === null || last.score >= FAINT) return { rose, caution: undefined }
  return {
    rose,
    caution: `It rose, and yet the network scores the last picture ${twoDigits(last.score)} only. ${more}.`,
  }
}

/** `fanlight inspect dream`, as one page without script and network. */
export function renderDreamReport(report: DreamReport): string {
  const { steps, what, name } = report
  const { caution } = dreamOutcome(steps)
  const body = html`${head(report)}
<main>
${caution !== undefined && html`<section class="warning"><p>${caution}</p></section>`}
<section id="dream"><h2>Step by step</h2>
<div class="strip">${steps.map((step) => step.png !== null && card(step, what))}</div></section>
<section id="curve"><h2>How it rose</h2>
${curve(steps)}
<p class="note">${axis(steps)} Dots are the pictures above; in between, the network saw the picture moved aside by some pixels, which costs it some height.</p></section>
${guide(steps[0]!.score !== null)}
${networkProvenance(report)}
</main>`
  return renderPage(`${name} · dream of ${what}`, body, STYLE)
}

function head({ what, name, steps, seed }: DreamReport): Html {
  const [first, last] = [steps[0]!, steps.at(-1)!]
  const tiles: [string, string][] =
    last.score === null || first.score === null
      ? [
          [digits(first.value), 'activation of noise'],
          [digits(last.value), 'activation of the dream'],
        ]
      : [
          [percent(first.score), 'score of noise'],
          [percent(last.score), 'score of the dream'],
        ]
  return html`<header>
<p class="kind">Fanlight: what a network dreams of</p>
<h1>${what}</h1>
<p>in <span class="name">${name}</span>, seed ${seed}, ${plural(last.step, 'step')}</p>
<dl class="tiles">${tiles.map(([value, of]) => html`<div><dt>${of}</dt><dd>${value}</dd></div>`)}</dl>
</header>`
}

function card({ step, score, value, png }: DreamReportStep, what: string): Html {
  const data = Buffer.from(png!).toString('base64')
  const height = score === null ? html`activation ${digits(value)}` : html`score ${twoDigits(score)}`
  return html`<figure class="card"><img alt="dream of ${what} after ${step} steps" src="data:image/png;base64,${raw(data)}">
<figcaption><strong>${step === 0 ? 'noise' : `after ${step}`}</strong> <span class="score">${height}</span></figcaption></figure>`
}

const WIDTH = 1000
const HEIGHT = 220
const MARGIN = 8

function curve(steps: readonly DreamReportStep[]): Html {
  const values = steps.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const last = Math.max(1, steps.at(-1)!.step)
  const x = (step: number) => (MARGIN + ((WIDTH - 2 * MARGIN) * step) / last).toFixed(1)
  const y = (value: number) =>
    (HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (value - low)) / (high - low || 1)).toFixed(1)
  const points = steps.map(({ step, value }) => `${x(step)},${y(value)}`).join(' ')
  const dots = steps.map(
    ({ step, value, png }) => png !== null && html`<circle cx="${x(step)}" cy="${y(value)}" r="4"/>`,
  )
  return html`<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="the objective from ${digits(low)} to ${digits(high)} over ${last} steps">
<polyline points="${points}"/>${dots}</svg>
<p class="ends"><span>0 steps, ${digits(steps[0]!.value)}</span><span>${last} steps, ${digits(steps.at(-1)!.value)}</span></p>`
}

const axis = ([first]: readonly DreamReportStep[]) =>
  first!.score === null
    ? 'The height is the mean activation of the channel.'
    : 'The height is the log-odds, ln p/(1 − p), of class and objectness together: 0 is even odds.'

function guide(isClass: boolean): Html {
  const terms: readonly (readonly [string, string])[] = [
    [
      'Dream',
      'A picture made by climbing the gradient from grey with a little noise: what this network answers to most, as far as the climb found it. It shows what the network looks for, not what the thing looks like.',
    ],
    [
      'Kept natural',
      'Unhindered, the climb ends in noise that only this network reads. So the picture is moved about, blurred now and then, kept smooth, and held to colours that a photo can have. Other settings would give other pictures.',
    ],
    [
      isClass ? 'Score' : 'Activation',
      isClass
        ? 'Class probability × objectness of the surest prediction: what the detector would report.'
        : 'The mean of the channel over its map.',
    ],
    [
      'Seed',
      'Another seed starts from other noise. What comes back under every seed is the network’s; the rest is chance.',
    ],
  ]
  return html`<section id="guide"><h2>How to read this</h2>
<dl class="guide">${terms.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl></section>`
}

const STYLE = `
.strip { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 220px), 1fr)); gap: 1rem; margin-top: .8rem; }
.strip .card:last-child { grid-column: span 2; grid-row: span 2; order: -1; }
.curve { display: block; width: 100%; max-height: 260px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.curve polyline { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.curve circle { fill: var(--ink); }
.ends { display: flex; justify-content: space-between; color: var(--faint); font-size: .86rem; font-variant-numeric: tabular-nums; }
`
