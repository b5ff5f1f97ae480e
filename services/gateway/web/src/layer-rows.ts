import type { LayerView, LayerWeightsView, NetworkView } from './api.ts'
import type { Column, ModelSearch } from './model-search.ts'

/** A layer with what its weights are like, if it has some. */
export interface LayerRow {
  /** In the order of the file, from 1. */
  readonly place: number
  readonly layer: LayerView
  readonly weights: LayerWeightsView | undefined
}

export function layerRows({ summary, weights }: Pick<NetworkView, 'summary' | 'weights'>): readonly LayerRow[] {
  const weighed = new Map(weights.layers.map((one) => [one.layer, one]))
  return summary.layers.map((layer, at) => ({ place: at + 1, layer, weights: weighed.get(layer.name) }))
}

/** Whether it has anything to show beside its place. */
export const isWork = ({ layer: { parameters, macs } }: LayerRow): boolean => parameters > 0 || macs !== 0

const keys: Readonly<Record<Column, (row: LayerRow) => number | string | undefined>> = {
  place: ({ place }) => place,
  layer: ({ layer }) => layer.name,
  op: ({ layer }) => layer.op,
  parameters: ({ layer }) => layer.parameters,
  macs: ({ layer }) => layer.macs ?? undefined,
  deviation: ({ weights }) => weights?.deviation,
  positive: ({ weights }) => weights && positiveShare(weights),
  nearZero: ({ weights }) => weights?.nearZeroShare,
  dead: ({ weights }) => weights?.deadFilters,
  duplicate: ({ weights }) => weights?.duplicateFilters ?? undefined,
}

/** Share of all magnitude that is above zero. */
export const positiveShare = ({ positiveMass, l1 }: LayerWeightsView): number => (l1 > 0 ? positiveMass / l1 : 0)

/** Rows by a column; those that have nothing there come last either way. */
export function sorted(rows: readonly LayerRow[], { sort = 'place', down = false }: ModelSearch): readonly LayerRow[] {
  const key = keys[sort]
  return rows.toSorted((one, other) => {
    const [a, b] = [key(one), key(other)]
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined) || one.place - other.place
    const order = a < b ? -1 : a > b ? 1 : 0
    return (down ? -order : order) || one.place - other.place
  })
}
