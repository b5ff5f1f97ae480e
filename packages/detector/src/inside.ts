// What it takes to look inside a detector while it runs, for those who show its network. Only a supervised child may.

export type { Decoder, Predictions } from './family.ts'
export { iouAt } from './iou.ts'
export { checkFinite } from './outputs.ts'
export { decoderOf } from './recognise.ts'
export { feed } from './session/masked-network.ts'
export { openTappedNetwork, type ProbedNetwork, probedNetwork, type TappedNetwork } from './session/tapped-network.ts'
