import { z } from 'zod'

/** Owner of every row, key and message; `local` on a laptop. */
export const ProjectId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
export const DEFAULT_PROJECT = 'local'

/** Lower-case hex of a SHA-256. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
export type Sha256 = z.infer<typeof Sha256>

/** [x1, y1, x2, y2] in pixels of the original image, x1 ≤ x2, y1 ≤ y2. */
export const Box = z.tuple([z.number(), z.number(), z.number(), z.number()])
export type Box = z.infer<typeof Box>

/** `live` work is always taken before `bulk`. */
export const Lane = z.enum(['live', 'bulk'])
export type Lane = z.infer<typeof Lane>

/**
 * What is explained about a detection. The value of a perturbed run is the maximum over its raw
 * predictions of IoU(box, target box) × s, where s is class probability × objectness (`score`),
 * class probability (`class`), objectness, or 1 (`box`).
 */
export const ScoreObjective = z.enum(['score', 'class', 'objectness', 'box'])
export type ScoreObjective = z.infer<typeof ScoreObjective>

/** Terms of the loss that detectors are trained with, of the matched prediction against the target: for gradients only. */
export const LossTerm = z.enum(['loss.box', 'loss.obj', 'loss.cls', 'loss.dfl'])

export const Objective = z.enum([...ScoreObjective.options, ...LossTerm.options])
export type Objective = z.infer<typeof Objective>

/** Little-endian float32 values as base64. */
export const Float32Base64 = z.base64()

/** @param values any length; the bytes are copied */
export function encodeFloat32(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

/** @throws RangeError when the text does not hold a whole number of float32 values */
export function decodeFloat32(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.byteLength % 4 !== 0)
    throw new RangeError(`${bytes.byteLength} bytes are no whole number of float32 values`)
  const copy = new Uint8Array(bytes.byteLength)
  copy.set(bytes)
  return new Float32Array(copy.buffer)
}
