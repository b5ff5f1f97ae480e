import type { LayerAttributes } from './attributes.ts'
import type { KernelGrid } from './kernel-grid.ts'
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

const part = (shown: readonly number[], all: number) =>
  shown.length === all ? `all ${all}` : `the first ${shown.length} of ${all}`

/** What a picture of kernels shows, and on which scale. */
export function kernelsInWords(
  shown: Omit<KernelGrid, 'data' | 'kernel'> & { readonly kernel: readonly number[] },
): string {
  const { kind, layout, scale, most, kernel, filters, filterCount, inputs, inputCount, withFocus } = shown
  const size = kernel.join(' × ')
  const tiles =
    layout === 'filters'
      ? `A tile a filter (${part(filters, filterCount)}), ${size} each.`
      : `A row a filter (${part(filters, filterCount)}), a column an input channel (${part(inputs, inputCount)})${
          size === '1 × 1' ? '' : `, kernels of ${size}`
        }.`
  const meaning =
    kind === 'colour'
      ? 'The patch of colours that each answers to most; grey is a weight of 0.'
      : 'Red asks for more of its input, blue for less, white is a weight of 0.'
  const strongest =
    scale === 'layer'
      ? `The strongest colour is ±${digits(most)}.`
      : 'Each tile has its own scale: compare patterns, not strength.'
  const focus = withFocus ? ' The slices before this convolution (Focus) are folded into it.' : ''
  return `${tiles} ${meaning} ${strongest}${focus}`
}
