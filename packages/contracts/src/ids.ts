import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { Descriptor } from './detector.ts'
import type { MethodSpec, TargetPolicy } from './job.ts'
import type { Box, Objective, Sha256 } from './primitives.ts'
import type { Question } from './question.ts'

export function sha256(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex')
}

/** SHA-256 of the canonical JSON (RFC 8785): the same whatever the order of keys. */
export function hashOf(value: unknown): Sha256 {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('only JSON values have a hash')
  return sha256(text)
}

/** image = SHA-256 of its bytes. */
export const imageId = sha256

export const detectorId = (onnxSha256: Sha256, descriptor: Descriptor): Sha256 =>
  hashOf(['detector', onnxSha256, descriptor])

export interface ExplanationIdentity {
  readonly image: Sha256
  readonly detector: Sha256
  readonly policy: TargetPolicy
  readonly method: MethodSpec
  readonly seed: number
  readonly nonce?: string | undefined
}

/** explanation = hash(image, detector, target policy, method@version, params, seed); a nonce makes it fresh. */
export function explanationId(identity: ExplanationIdentity): Sha256 {
  const { image, detector, policy, method, seed, nonce } = identity
  return hashOf(['explanation', image, detector, policy, method, seed, nonce ?? null])
}

export const questionHash = (question: Question): Sha256 => hashOf(['question', question])

export const targetId = (image: Sha256, detector: Sha256, box: Box, classIndex: number, objective: Objective): Sha256 =>
  hashOf(['target', image, detector, box, classIndex, objective])

/** An item is one occurrence: the same bytes under two names are two items, and so are new bytes under an old name. */
export const itemId = (job: string, name: string, image?: Sha256): string =>
  hashOf(['item', job, name, image ?? null]).slice(0, 32)
