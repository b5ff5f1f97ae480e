import type { LayerAttributes } from './attributes.ts'
import type { Shape } from './summary.ts'

// How figures of networks are said, everywhere. What is from the file is not escaped here.

/** 904463 → `904,463` */
export const thousands = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

/** 522553408 → `523 M` */
export function rough(count: number): string {
  const [unit, divisor] = UNITS.find(([, divisor]) => count >= divisor) ?? ['', 1]
  return `${Number((count / divisor).toPrecision(3))}${unit && ` ${unit}`}`
}

const UNITS = [
  ['T', 1e12],
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const

/** Three significant digits. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  const text = size < 1e-3 || size >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(3)))
  return text.replaceAll('-', '−')
}

export function share(part: number, whole: number): string {
  if (whole === 0) return '–'
  if (part === 0) return '0 %'
  return part / whole < 0.001 ? '< 0.1 %' : `${((100 * part) / whole).toFixed(1)} %`
}

/** [1, 16, null] → `1 × 16 × ?` */
export const shapeText = (shape: Shape | null): string =>
  shape === null ? '?' : shape.length === 0 ? 'a number' : shape.map((side) => side ?? '?').join(' × ')

/** `kernel 3 × 3, stride 2`; the same on all sides is said once. */
export function attributesText(attributes: LayerAttributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => `${name} ${typeof value === 'string' ? value : numbers(name, value)}`)
    .join(', ')
}

function numbers(name: string, values: readonly number[]): string {
  const [first] = values
  if (name !== 'kernel' && values.every((value) => value === first)) return String(first).replace('-', '−')
  return values.join(name === 'kernel' ? ' × ' : ', ').replaceAll('-', '−')
}
