import { doubtLimits } from '@fanlight/explain/diagnosis'
import { includesZero } from '@fanlight/image/stripes'

/** Text from files and models, with what would not show (or would turn the line around) spelled out. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
      character === '\u200c' || character === '\u200d' ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`,
    )
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`

const wholes = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
export const whole = (value: number): string => wholes.format(value)

export const percent = (share: number): string => `${Math.round(share * 100)} %`

/** Three significant digits, and a real minus sign. */
export function decimal(value: number): string {
  if (value === 0) return '0'
  const text = Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return text.replace('-', '−')
}

/** `2 min`, `1 h 05 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'less than a second'
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `5 minutes ago`. */
export function ago(thenMs: number, nowMs: number): string {
  const seconds = (thenMs - nowMs) / 1000
  if (seconds > -60) return 'just now'
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), 'minute')
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), 'hour')
  return relative.format(Math.round(seconds / 86_400), 'day')
}

/** ` ± 0.02`, and whether that leaves anything. */
export const intervalInWords = (value: number, halfWidth: number): string =>
  ` ± ${decimal(halfWidth)}${includesZero(value, halfWidth) ? ', may be nothing' : ''}`

/** What the correlation of runs says about the map. */
export function stabilityInWords(stability: number): string {
  if (stability >= 0.9) return 'runs like this one agree: more forwards would change little'
  if (stability >= doubtLimits.unstable) return 'runs like this one mostly agree; fine detail may be noise'
  if (stability >= 0.4) return 'runs like this one agree roughly: ask for more forwards'
  return 'runs like this one disagree: do not read this map, ask for more forwards'
}

export function evidenceInWords(inBoxEnergy: number | null): string {
  if (inBoxEnergy === null) return 'nothing in the photo speaks for this detection'
  return `looked outside the box: ${percent(1 - inBoxEnergy)}`
}

/** `person ×2, dog`, most frequent first. */
export function tally(labels: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
  return sorted.map(([label, count]) => visible(label) + (count > 1 ? ` ×${count}` : '')).join(', ')
}
