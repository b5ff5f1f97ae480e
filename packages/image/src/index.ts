export { type DecodedImage, type DecodeLimits, decodeImage, defaultDecodeLimits } from './decode.ts'
export { type Placement, placementOf, positionsOf, toImage, toNetwork } from './letterbox.ts'
export { decodeNpy, encodeNpy } from './npy.ts'
export { fillTensor, meanColour, type TensorShape, toTensor } from './tensor.ts'
