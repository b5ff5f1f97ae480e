import { readFile } from 'node:fs/promises'
import { decodeNpy } from '@fanlight/image'
import { Tensor } from 'onnxruntime-node'
import { decodeModel, type Model } from '../../src/index.ts'

// What PyTorch says of small networks; bench/reference/README.md tells how it was recorded.

export const referenceNames = ['yolov8-like', 'yolov5-like', 'resnet-like', 'vit-like', 'detr-like'] as const

export type ReferenceName = (typeof referenceNames)[number]

type FilesByValue = Readonly<Record<string, string>>

export interface ReferenceCase {
  readonly name: string
  readonly cotangents: FilesByValue
  /** Of the sum of cotangent · output. */
  readonly gradients: FilesByValue
  /** Values whose gradient is zero throughout. */
  readonly zeros: readonly string[]
  /** By value: the relative error of PyTorch's own float32. */
  readonly float64Error: Readonly<Record<string, number>>
}

export interface Reference {
  readonly model: Model
  readonly inputs: FilesByValue
  readonly outputs: FilesByValue
  readonly activations: FilesByValue
  readonly cases: readonly ReferenceCase[]
  tensor(file: string): Promise<Tensor>
}

export async function reference(name: ReferenceName): Promise<Reference> {
  const folder = new URL(`../../../../bench/reference/fixtures/${name}/`, import.meta.url)
  const recorded = JSON.parse(await readFile(new URL('reference.json', folder), 'utf8')) as Omit<Reference, 'model'>
  return {
    ...recorded,
    model: decodeModel(await readFile(new URL('model.onnx', folder))),
    tensor: async (file) => {
      const { data, shape } = decodeNpy(await readFile(new URL(file, folder)))
      return new Tensor('float32', data, shape)
    },
  }
}
