export { type ActivationFunction, activationFunctionsOf } from './activations/activation-functions.ts'
export { channelPeaks, channelRelevance, type Peaks } from './activations/channel-relevance.ts'
export {
  type ChannelOf,
  type ChannelRelevance,
  ChannelTally,
  type Silenced,
  SilenceTally,
} from './activations/channel-tally.ts'
export { type FilterOf, filterBehind } from './activations/filter-behind.ts'
export { type ActivationStatistics, activationStatistics } from './activations/gate-statistics.ts'
export type { LayerAttributes } from './attributes.ts'
export { classIn } from './class-name.ts'
export { dream } from './dream/dream.ts'
export { endingAt } from './dream/ending.ts'
export { type KernelGrid, type KernelGridOptions, kernelGrid } from './kernel-grid.ts'
export { layerIn } from './named-layer.ts'
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
