import { Sha256 } from '@fanlight/contracts'
import { z } from 'zod'

// A detector's inside, as packages/network tells it. Shapes: null where nothing is known of a side, or of all.

const Shape = z.array(z.union([z.number(), z.string(), z.null()])).nullable()
const Value = z.object({ name: z.string(), type: z.string(), shape: Shape })

export const LayerView = z.object({
  name: z.string(),
  op: z.string(),
  /** Name of the value that it makes. */
  output: z.string(),
  shape: Shape,
  parameters: z.int(),
  /** Multiply-accumulates of a forward with one image; null where the shapes are not known. */
  macs: z.number().nullable(),
  attributes: z.record(z.string(), z.union([z.array(z.number()), z.string()])),
  /** What it takes: names of layers, and of the network's inputs. */
  from: z.array(z.string()),
  /** The nearest layers upstream that have parameters, at most 8. */
  after: z.array(z.string()),
})
export type LayerView = z.infer<typeof LayerView>

export const LayerWeightsView = z.object({
  layer: z.string(),
  op: z.string(),
  tensor: z.string(),
  shape: z.array(z.int()),
  count: z.int(),
  /** NaN and infinite: in no other figure. */
  notFinite: z.int(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  deviation: z.number(),
  l1: z.number(),
  l2: z.number(),
  /** Share of the weights below a thousandth of the layer's largest. */
  nearZeroShare: z.number(),
  positiveMass: z.number(),
  negativeMass: z.number(),
  /** Bins of one width, zero in the middle of the middle one. */
  histogram: z.object({ from: z.number(), to: z.number(), counts: z.array(z.int()) }),
  filters: z.int(),
  /** Filters all of whose weights are near zero, and the first of them. */
  deadFilters: z.int(),
  dead: z.array(z.int()),
  /** Filters that an earlier one equals up to a positive scale; null where that is not asked. */
  duplicateFilters: z.int().nullable(),
  duplicates: z.array(z.array(z.int())),
})
export type LayerWeightsView = z.infer<typeof LayerWeightsView>

export const NetworkView = z.object({
  /** Of the detector. */
  id: Sha256,
  name: z.string(),
  /** Of the ONNX file. */
  sha256: Sha256,
  bytes: z.int(),
  family: z.string(),
  /** Of the network's input. */
  width: z.int(),
  height: z.int(),
  channels: z.enum(['RGB', 'BGR']),
  classNames: z.array(z.string()),
  /** Why shapes and cost are only those that the file tells; null when a run told them. */
  notRun: z.string().nullable(),
  summary: z.object({
    inputs: z.array(Value),
    outputs: z.array(Value),
    producer: z.string(),
    opset: z.int(),
    metadata: z.record(z.string(), z.string()),
    ops: z.array(z.object({ op: z.string(), layers: z.int(), parameters: z.int(), macs: z.number() })),
    parameters: z.int(),
    parameterBytes: z.int(),
    otherConstants: z.int(),
    macs: z.number(),
    layersOfUnknownCost: z.int(),
    layers: z.array(LayerView),
  }),
  weights: z.object({
    layers: z.array(LayerWeightsView),
    unread: z.array(z.object({ layer: z.string(), reason: z.string() })),
  }),
})
export type NetworkView = z.infer<typeof NetworkView>

/** What a picture of kernels shows. */
export const KernelsView = z.object({
  layer: z.string(),
  kind: z.enum(['colour', 'signed']),
  layout: z.enum(['filters', 'matrix']),
  scale: z.enum(['layer', 'filter']),
  /** The largest magnitude shown. */
  most: z.number(),
  width: z.int(),
  height: z.int(),
  /** Rows, columns. */
  kernel: z.array(z.int()),
  columns: z.int(),
  filters: z.array(z.int()),
  filterCount: z.int(),
  inputs: z.array(z.int()),
  inputCount: z.int(),
  /** Slices before the convolution (Focus) are folded into it. */
  withFocus: z.boolean(),
})
export type KernelsView = z.infer<typeof KernelsView>
