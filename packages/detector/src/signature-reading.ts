import type { ModelSignature } from '@fanlight/onnx'
import { COCO_NAMES } from './coco-names.ts'
import { fanlightMetadata } from './fanlight-metadata.ts'
import { ultralyticsMetadata } from './ultralytics-metadata.ts'

/** Side of the input where neither the graph nor the metadata says: what nearly every export uses. */
const DEFAULT_SIDE = 640
const DEFAULT_CLASSIFIER_SIDE = 224
const MAX_NAME_LENGTH = 256

export interface ImageInput {
  readonly name: string
  readonly width: number
  readonly height: number
}

/**
 * The one input [batch, 3, height, width]; sides that the graph leaves open come from the metadata, else are 640, or
 * 224 where the one output is [batch, classes].
 */
export function imageInput(signature: ModelSignature): ImageInput | undefined {
  const [input, another] = signature.inputs
  if (input?.shape?.length !== 4 || another !== undefined) return undefined
  const [, channels, height, width] = input.shape
  if (typeof channels === 'number' && channels !== 3) return undefined
  const [output, anotherOutput] = signature.outputs
  const side = output?.shape?.length === 2 && !anotherOutput ? DEFAULT_CLASSIFIER_SIDE : DEFAULT_SIDE
  const [metadataHeight, metadataWidth] = ultralyticsMetadata(signature)?.imageSize ?? [side, side]
  return {
    name: input.name,
    width: typeof width === 'number' ? width : metadataWidth,
    height: typeof height === 'number' ? height : metadataHeight,
  }
}

/** Shapes of the outputs with an open batch taken as 1; undefined where another dimension is open. */
export function outputShapes(signature: ModelSignature): readonly (readonly number[] | undefined)[] {
  return signature.outputs.map(({ shape }) => {
    const sizes = shape?.map((size, axis) => (axis === 0 && typeof size !== 'number' ? 1 : size))
    return sizes?.every((size) => typeof size === 'number') ? sizes : undefined
  })
}

/** The shape of the only output that has one of this rank and batch 1; undefined when there is none, or several. */
export function soleShape(signature: ModelSignature, rank: number): readonly number[] | undefined {
  const shapes = outputShapes(signature).filter((shape) => shape?.length === rank && shape[0] === 1)
  return shapes.length === 1 ? shapes[0] : undefined
}

/** Names from the metadata when it has as many; COCO's for 80 classes; else `class 0`, `class 1` … */
export function classNames(signature: ModelSignature, count: number): string[] {
  return statedNames(signature, count) ?? (count === COCO_NAMES.length ? [...COCO_NAMES] : numberedNames(count))
}

/** Names from the metadata, ours or Ultralytics'; undefined unless it has as many. */
export function statedNames(signature: ModelSignature, count: number): string[] | undefined {
  const names = fanlightMetadata(signature, 'classes') ?? ultralyticsMetadata(signature)?.names
  return names?.length === count ? names.map((name) => name.slice(0, MAX_NAME_LENGTH)) : undefined
}

export const numberedNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`)
