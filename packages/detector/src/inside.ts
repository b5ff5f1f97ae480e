// What it takes to look inside a detector while it runs, for those who show its network. Only a supervised child may.

export { detect } from './detect.ts'
export type { Cotangents, Decoder, Outputs, Predictions } from './family.ts'
export { heldMatch } from './held-match.ts'
export { iouAt } from './iou.ts'
export { objectives } from './objectives/index.ts'
export { checkFinite } from './outputs.ts'
export { decoderOf, lossGainsOf } from './recognise.ts'
export { scorer } from './scoring.ts'
export { feed } from './session/masked-network.ts'
export { float32Output, openSession } from './session/onnx-session.ts'
export { type PreparedImage, prepareImage } from './session/prepared-images.ts'
export {
  layersOf,
  openTappedNetwork,
  type ProbedNetwork,
  probedNetwork,
  type Tapped,
  type TappedNetwork,
} from './session/tapped-network.ts'
export { TappedNetworks } from './session/tapped-networks.ts'
