import type { Descriptor, DetectorRef, Measured, Question, ShardAnswer } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import type { ModelSignature } from '@fanlight/onnx'
import type { WireError } from '@fanlight/supervise'
import type { Provider } from '../provider.ts'

/** How many photos a child keeps ready: shards of a photo come close together. */
export const KEPT_IMAGES = 4

/** What the parent asks a child. A child holds one session at most, and once it has one, keeps it for life. */
export type ChildRequest = CheckRequest | InspectRequest | DescribeRequest | LoadRequest | AnswerRequest

/** Tries a provider, on no network in particular. */
export interface CheckRequest {
  readonly ask: 'check'
  readonly provider: Provider
}

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
  readonly provider: Provider
  /** Rows of a forward, where the network can; undefined: as the provider likes it. */
  readonly batch: number | undefined
}

/** Answered together: their rows share forwards. */
export interface AnswerRequest {
  readonly ask: 'answer'
  readonly works: readonly WorkRequest[]
}

export interface WorkRequest {
  /** SHA-256 of the image. */
  readonly image: string
  /** Absent when the parent believes that the child holds the image. */
  readonly bytes: Uint8Array | undefined
  readonly question: Question
  /** Of a gradient: asks for what had to be built, and gives what was kept of it, if anything. */
  readonly tapped?: { readonly kept: Uint8Array | undefined } | undefined
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
  /** Rows of a forward. */
  readonly batch: number
  /** A row's share of the second of two forwards on grey. */
  readonly forwardMs: number
}

/**
 * `missing`: ask again with the images' bytes. `full`: it has opened as many networks as it may, and cannot let go of
 * one: ask another child.
 */
export type AnswerReply =
  | { readonly is: 'missing' | 'full' }
  | { readonly is: 'answered'; readonly replies: readonly WorkReply[]; readonly built: readonly BuiltNetwork[] }

/** What was built for the work at that place, to be kept for other processes. */
export interface BuiltNetwork {
  readonly at: number
  readonly bytes: Uint8Array
}

export type WorkReply =
  | { readonly ok: true; readonly answer: ShardAnswer; readonly measured: Measured }
  | { readonly ok: false; readonly error: WireError }
