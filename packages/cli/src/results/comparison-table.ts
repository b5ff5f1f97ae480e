import type { Comparison } from '@fanlight/evaluate'
import { directionsInWords, headlineMetrics, metricsInWords } from '@fanlight/evaluate/words'
import { shorten } from '../escape.ts'
import { grouped } from '../progress.ts'
import { plainTable } from './table.ts'

/** Headline metrics that fit a terminal. */
const COLUMNS = 5

/** Means of the headline metrics, a method a line; the best are starred, and what is surely other than the reference is marked. */
export function comparisonTable({ methods, metrics, reference }: Comparison): string {
  const shown = headlineMetrics
    .flatMap((name) => metrics.filter(({ metric, size }) => metric === name && size === 'all'))
    .slice(0, COLUMNS)
  const head = ['method', ...shown.map((_, i) => `[${i + 1}]`), 'forwards']
  const rows = methods.map(({ key, name, forwards }, at) => [
    shorten(key === reference ? `${name} (reference)` : name, 44),
    ...shown.map(({ cells }) => cellText(cells[at]!)),
    forwards === null ? '–' : grouped(forwards),
  ])
  const legend = shown.map(({ metric, fill }, i) => {
    const { name, better } = metricsInWords[metric]
    const about = [fill === null ? [] : `hidden by ${fill}`, better === null ? [] : directionsInWords[better]].flat()
    return `[${i + 1}] ${name}${about.length > 0 ? ` (${about.join(', ')})` : ''}`
  })
  const right = head.map((_, column) => column).slice(1)
  return [
    plainTable(head, rows, right),
    ...legend,
    '* best mean; + above and - below the reference with a 95 % interval that leaves out 0',
  ].join('\n')
}

function cellText({ mean, best, difference }: Comparison['metrics'][number]['cells'][number]): string {
  if (mean === null) return '–'
  const surely = difference?.intervals?.at(-1)
  const sign = surely && surely.low > 0 ? '+' : surely && surely.high < 0 ? '-' : ' '
  return `${mean.toFixed(3)}${best ? '*' : ' '}${sign}`
}
