import type { Preprocess } from '@fanlight/contracts'
import type { ModelSignature } from '@fanlight/onnx'
import { fanlightMetadata } from './fanlight-metadata.ts'

/** Of R, G, B in 0..255. */
export type Normalisation = Pick<Preprocess, 'mean' | 'std'>

/** Of ImageNet's photos: torchvision's presets. */
export const IMAGENET: Normalisation = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] }

/** Values of 0..1. */
export const UNIT: Normalisation = { mean: [0, 0, 0], std: [255, 255, 255] }

/** RGB, stretched to the input, normalised as the file's metadata says, or else as is usual. */
export function stretchedPreprocess(signature: ModelSignature, usual: Normalisation): Preprocess {
  return {
    channels: 'RGB',
    mean: fanlightMetadata(signature, 'mean') ?? usual.mean,
    std: fanlightMetadata(signature, 'std') ?? usual.std,
    resize: 'stretch',
    pad: [0, 0, 0],
  }
}
