import type { Descriptor } from '@fanlight/contracts'
import type { DecodeLimits } from '@fanlight/image'
import type { ChannelOf } from '@fanlight/network'
import type { ModelSource } from '../wire.ts'
import type { ActivationsOptions, ActivationsView } from './activations.ts'
import type { ChannelsOptions, FilterPicture, PhotoChannels, SilenceQuestion } from './channels.ts'
import type { LayerSize } from './open-detector.ts'

/** What is asked of a detector, most of it about one photo. */
export type InsideQuestion =
  | { readonly ask: 'activations'; readonly photo: Uint8Array; readonly options: ActivationsOptions }
  | { readonly ask: 'channels'; readonly photo: Uint8Array; readonly options: ChannelsOptions }
  | { readonly ask: 'silence'; readonly photo: Uint8Array; readonly question: SilenceQuestion }
  | {
      readonly ask: 'patches'
      readonly photo: Uint8Array
      readonly places: readonly { readonly layer: LayerSize; readonly cell: number }[]
    }
  | { readonly ask: 'filters'; readonly channels: readonly (ChannelOf & { readonly value: string })[] }

export interface InsideRequest {
  readonly source: ModelSource
  readonly maxModelBytes: number
  readonly decodeLimits: DecodeLimits | undefined
  readonly descriptor: Descriptor
  readonly question: InsideQuestion
}

/** By what was asked. */
export interface InsideAnswers {
  readonly activations: ActivationsView
  readonly channels: PhotoChannels
  readonly silence: readonly Float32Array[]
  readonly patches: readonly Uint8Array[]
  readonly filters: readonly (FilterPicture | null)[]
}

/** `missing`: ask again with the file's bytes. */
export type InsideReply =
  | { readonly is: 'missing' }
  | { readonly is: 'answer'; readonly answer: InsideAnswers[keyof InsideAnswers] }
