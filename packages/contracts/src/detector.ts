import { z } from 'zod'
import { Sha256 } from './primitives.ts'

/** How an image becomes the network's input tensor: value = (pixel − mean) / std, per channel in `channels` order. */
export const Preprocess = z.object({
  channels: z.enum(['RGB', 'BGR']),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number(), z.number(), z.number()]),
  /** `letterbox-*` keeps the aspect ratio and pads; `stretch` does not. */
  resize: z.enum(['letterbox-top-left', 'letterbox-center', 'stretch']),
  /** Padding, as a value of the finished tensor (after mean and std). */
  pad: z.tuple([z.number(), z.number(), z.number()]),
})
export type Preprocess = z.infer<typeof Preprocess>

/** What the file alone does not say; with the file's hash and the decoder it names a detector. */
export const Descriptor = z.object({
  family: z.string().max(64),
  /** Version of the family's decoder: results change with it, and so do the ids. */
  familyVersion: z.int().positive(),
  inputName: z.string().max(512),
  width: z.int().positive().max(8192),
  height: z.int().positive().max(8192),
  preprocess: Preprocess,
  classNames: z.array(z.string().max(256)).min(1).max(100_000),
  strides: z.array(z.int().positive()),
  /** Flattened (w, h) pairs in the unit that the family uses; empty for anchor-free families. */
  anchors: z.array(z.number()),
  nmsIou: z.number().min(0).max(1),
})
export type Descriptor = z.infer<typeof Descriptor>

/** What a shard says of its detector: what the id stands for never changes, so it is looked up once (decision 12). */
export const PlacedDetector = z.object({
  /** hash(ONNX file, descriptor): see ids.ts. */
  id: Sha256,
  /** Where the ONNX file is now: a path, or the URI of an artifact. */
  uri: z.string().max(4096),
})
export type PlacedDetector = z.infer<typeof PlacedDetector>

export const DetectorRef = z.object({
  ...PlacedDetector.shape,
  name: z.string().max(256),
  /** SHA-256 of the ONNX file. */
  sha256: Sha256,
  descriptor: Descriptor,
})
export type DetectorRef = z.infer<typeof DetectorRef>

export const Detection = z.object({
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  class: z.int().nonnegative(),
  label: z.string(),
  score: z.number(),
})
export type Detection = z.infer<typeof Detection>
