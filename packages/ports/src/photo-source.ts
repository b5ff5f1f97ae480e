import type { Failure, ImageRef } from '@fanlight/contracts'

/** A photo as it was found, or why it could not be taken. */
export interface FoundPhoto {
  readonly name: string
  readonly image?: ImageRef
  readonly failure?: Failure
  readonly slice?: Readonly<Record<string, string>>
}

/** A photo, and from where a listing goes on behind it. */
export type ListedPhoto = FoundPhoto & { readonly cursor: string }

export interface ListOptions {
  /** The cursor of the last photo that is done with. */
  readonly after?: string | undefined
  readonly signal: AbortSignal
}

/** Finds photos under a URI that names many. */
export interface PhotoSource {
  /**
   * As a stream, in an order that is the same each time, each with its hash; constant memory.
   * @throws InputError `INPUT_NOT_FOUND` for what is not there or no driver reads
   * @throws TransientError when the server is away
   */
  list(uri: string, options: ListOptions): AsyncIterable<ListedPhoto>
}
