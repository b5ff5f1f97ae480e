// How curves and intervals are drawn, for pages of both kinds. No code but this file: browsers load it, too.

/** A plot from nothing to everything across, and from 0 to `most` upwards. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly most: number
}

type Point = readonly [number, number]

/** SVG path through values at equal steps. */
export const linePath = (values: readonly number[], frame: Frame): string =>
  pathOf(values.map((value, i) => placeOf(value, i / (values.length - 1), frame)))

/** SVG path around a band of `halfWidths` on both sides of `values`, cut off at the frame. */
export function bandPath(values: readonly number[], halfWidths: readonly number[], frame: Frame): string {
  const side = (sign: 1 | -1) =>
    values.map((value, i) => placeOf(value + sign * halfWidths[i]!, i / (values.length - 1), frame))
  return `${pathOf([...side(1), ...side(-1).reverse()])}Z`
}

function placeOf(value: number, share: number, { width, height, most }: Frame): Point {
  return [share * width, height * (1 - Math.min(1, Math.max(0, value / most)))]
}

const pathOf = (points: readonly Point[]): string => `M${points.map(([x, y]) => `${tenth(x)} ${tenth(y)}`).join('L')}`

const tenth = (value: number) => Number(value.toFixed(1))

/** Upper end of a plot that shows all of `values`: at least 1, in steps of a tenth. */
export const mostOf = (values: readonly number[]): number =>
  Math.ceil(10 * values.reduce((most, value) => Math.max(most, value), 1) - 1e-9) / 10

/** Where an interval lies on a line of `width` from −most to most. */
export function spanOf({ low, high }: { low: number; high: number }, most: number, width: number) {
  const at = (value: number) => tenth((width * (1 + Math.min(1, Math.max(-1, value / most)))) / 2)
  return { x: at(low), width: Math.max(1, at(high) - at(low)) }
}

/** Two or three digits behind the point, and a real minus sign: `0.812`, `−0.031`. */
export const measured = (value: number): string => {
  const text = Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3)
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−')
}

/** `+0.031` */
export const signed = (value: number): string => (value > 0 ? `+${measured(value)}` : measured(value))

/** What an interval of a difference says under a metric: whether it is surely better, worse, or another. */
export function verdictOf(
  interval: { readonly low: number; readonly high: number } | undefined,
  better: 'higher' | 'lower' | 'near zero' | null,
): 'better' | 'worse' | 'more' | 'less' | undefined {
  if (!interval || (interval.low <= 0 && interval.high >= 0)) return undefined
  const more = interval.low > 0
  if (better === 'higher') return more ? 'better' : 'worse'
  if (better === 'lower') return more ? 'worse' : 'better'
  return more ? 'more' : 'less'
}
