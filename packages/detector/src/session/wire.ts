import type { Descriptor, DetectorRef, Measured, Question, ShardAnswer } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import type { ModelSignature } from '@fanlight/onnx'

/** How many photos a child keeps ready: shards of a photo come close together. */
export const KEPT_IMAGES = 4

/** What the parent asks a child. A child holds one session at most, and once it has one, keeps it for life. */
export type ChildRequest = InspectRequest | DescribeRequest | LoadRequest | AnswerRequest

/** Reads a file without running it. */
export interface InspectRequest {
  readonly ask: 'inspect'
  readonly path: string
  readonly maxModelBytes: number
}

/** Reads a file, runs it once on grey, and recognises it. */
export interface DescribeRequest {
  readonly ask: 'describe'
  readonly path: string
  readonly maxModelBytes: number
  readonly family: string | undefined
}

export interface LoadRequest {
  readonly ask: 'load'
  readonly detector: DetectorRef
  /** Where this machine has the ONNX file. */
  readonly path: string
  readonly maxModelBytes: number
  readonly decodeLimits: DecodeLimits | undefined
}

export interface AnswerRequest {
  readonly ask: 'answer'
  /** SHA-256 of the image. */
  readonly image: string
  /** Absent when the parent believes that the child holds the image. */
  readonly bytes: Uint8Array | undefined
  readonly question: Question
}

export interface InspectReply {
  readonly signature: ModelSignature
  /** SHA-256 of the file. */
  readonly sha256: string
  /** Size of the file. */
  readonly bytes: number
}

export interface DescribeReply extends InspectReply {
  readonly descriptor: Descriptor
}

export interface LoadReply {
  readonly executionClass: string
  /** How long the second of two forwards on grey took. */
  readonly forwardMs: number
}

/** `missing`: ask again with the image's bytes. */
export type AnswerReply =
  | { readonly missing: true }
  | { readonly missing: false; readonly answer: ShardAnswer; readonly measured: Measured }
