import type { Model } from '@fanlight/onnx'
import { weightOf } from './attributes.ts'
import { filtersOf } from './filters.ts'
import { layersOf } from './layers.ts'
import { deadFilters, duplicateFilters } from './spare-filters.ts'
import { type Statistics, statisticsOf } from './statistics.ts'

/** What the weights of one layer are like; biases are not among them. */
export interface LayerWeights extends Statistics {
  readonly layer: string
  readonly op: string
  /** Name of the weights in the file. */
  readonly tensor: string
  /** As the file has them. */
  readonly shape: readonly number[]
  /** Channels of the output; for scales of a normalisation, its channels. */
  readonly filters: number
  /** Filters all of whose weights are below a thousandth of the layer's largest. */
  readonly deadFilters: number
  /** The first of them, from 0. */
  readonly dead: readonly number[]
  /**
   * Filters that could go, because an earlier one is the same up to a positive scale (cosine above 0.999); null where
   * that is not asked: filters of under 8 numbers, or more than 8,192 in a group.
   */
  readonly duplicateFilters: number | null
  /** The first sets of filters that are the same, from 0. */
  readonly duplicates: readonly (readonly number[])[]
}

export interface WeightsView {
  /** In the order of the file. */
  readonly layers: readonly LayerWeights[]
  /** Layers whose weights could not be read, and why. */
  readonly unread: readonly { readonly layer: string; readonly reason: string }[]
}

/** Numbers that are listed, at most. */
const MAX_LISTED = 100

/**
 * Reads the weights of convolutions, of dense layers (Gemm, MatMul) and of normalisations, as the file has them: a
 * BatchNormalization that the exporter folded is in its convolution.
 */
export function weightsOf(model: Model): WeightsView {
  const layers = layersOf(model)
  const read: LayerWeights[] = []
  const unread: { layer: string; reason: string }[] = []
  for (const layer of layers.all) {
    const weight = weightOf(layer, layers)
    if (!weight) continue
    const filters = filtersOf(layer, weight)
    if (typeof filters === 'string') {
      unread.push({ layer: layer.name, reason: filters })
      continue
    }
    const dead = deadFilters(filters)
    const sets = duplicateFilters(filters, dead)
    read.push({
      layer: layer.name,
      op: layer.op,
      tensor: weight.tensor.name,
      shape: weight.tensor.dims.map(Number),
      ...statisticsOf(filters.values),
      filters: filters.count,
      deadFilters: dead.length,
      dead: dead.slice(0, MAX_LISTED),
      duplicateFilters: sets ? sets.reduce((sum, set) => sum + set.length - 1, 0) : null,
      duplicates: (sets ?? []).slice(0, MAX_LISTED).map((set) => set.slice(0, MAX_LISTED)),
    })
  }
  return { layers: read, unread }
}
