export type { LayerAttributes } from './attributes.ts'
export { type KernelGrid, type KernelGridOptions, kernelGrid } from './kernel-grid.ts'
export { layerIn } from './nearest.ts'
export { type Histogram, type Statistics, statisticsOf } from './statistics.ts'
export {
  type LayerSummary,
  type NetworkSummary,
  type OpSummary,
  type Shape,
  summaryOf,
  type ValueSummary,
} from './summary.ts'
export { type LayerWeights, type WeightsView, weightsOf } from './weights.ts'
