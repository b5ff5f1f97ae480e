import { int } from '../../attribute.ts'
import type { Site } from '../rule.ts'
import { reduced } from './along.ts'

// x̂ = (x − μ) / σ, with μ the mean over the axes and σ² the mean of (x − μ)² and ε. For g = dL/dx̂:
//
//   dL/dx = (g − mean(g) − x̂ · mean(g · x̂)) / σ
//
// (Ioffe and Szegedy 2015, arXiv:1502.03167, section 3, its three terms collected).

interface Standardised {
  /** x̂ */
  readonly hat: string
  /** dL/dx for dL/dx̂. */
  back(adjoint: string): string
}

/** The node's attribute `epsilon` is ε. */
export function standardised(site: Site, x: string, axes: readonly number[]): Standardised {
  const { op } = site
  const mean = (value: string) => reduced(site, 'ReduceMean', value, axes)
  const centred = op('Sub', x, mean(x))
  const variance = mean(op('Mul', centred, centred))
  const deviation = op('Sqrt', op('Add', variance, site.scalar(site.float('epsilon', 1e-5))))
  const hat = op('Div', centred, deviation)
  return {
    hat,
    back: (g) => op('Div', op('Sub', op('Sub', g, mean(g)), op('Mul', hat, mean(op('Mul', g, hat)))), deviation),
  }
}

/** [C] → [C, 1, …], to be multiplied with [N, C, …]. */
export function perChannel(site: Site, value: string, rank: number): string {
  const axes = Array.from({ length: rank - 2 }, (_, i) => i + 1)
  return axes.length === 0 ? value : site.op('Unsqueeze', value, site.integers(...axes))
}

/** [N, C, …] → [C], its adjoint. */
export function overChannels(site: Site, value: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1)
  return site.node('ReduceSum', { inputs: [value, site.integers(...axes)], attributes: { keepdims: int(0) } })[0]
}
