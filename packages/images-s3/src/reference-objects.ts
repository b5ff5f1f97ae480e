import { createHash } from 'node:crypto'
import type { Failure, ImageRef } from '@fanlight/contracts'
import { isImageName } from '@fanlight/image/image-names'
import { failureOf, InputError, isFanlightError } from '@fanlight/ports'
import { type ListedObject, ObjectStorage, type S3Options } from '@fanlight/s3'
import { inOrder } from './in-order.ts'
import { objectUri, parseObjectUri } from './object-uri.ts'
import { bucketRefusal, objectRefusal, reasonOf, tooLarge } from './refusals.ts'

export interface ReferenceObjectsOptions extends S3Options {
  /** Goes on behind this key: the `after` of the last one that was dealt with. */
  readonly after?: string | undefined
  /** Objects above it are told as failures, and not read. */
  readonly maxBytes: number
  /** Objects that are hashed at once. @default 8 */
  readonly concurrency?: number | undefined
}

/** An object with an image's name: its key, and what to go on after when this one is dealt with. */
export type ReferencedObject = { readonly name: string; readonly after: string } & (
  | { readonly image: ImageRef; readonly failure?: never }
  | { readonly failure: Failure; readonly image?: never }
)

/**
 * The objects below `s3://bucket/prefix` whose name is an image's, in ascending order of their keys (UTF-8 bytes), each
 * hashed as it is found; one whose SHA-256 the server keeps is not read. A prefix is what keys begin with: end it with a
 * slash to mean a folder. A page of keys and `concurrency` transfers are all that is held, however many there are.
 * One that cannot be taken is told in its place and stops nothing; what concerns the bucket ends it, and it may be begun
 * again with the last `after`.
 * @throws InputError `INPUT_NOT_FOUND` when there is no such bucket, `IMAGE_UNREADABLE` when it may not be listed,
 *   `CONFIGURATION_INVALID` when it keeps no order
 * @throws TransientError `ARTIFACTS_UNAVAILABLE`
 */
export async function* referenceObjects(
  uri: string,
  options: ReferenceObjectsOptions,
): AsyncGenerator<ReferencedObject> {
  const { after = '', concurrency = 8, maxBytes } = options
  const { bucket, key: prefix } = parseObjectUri(uri)
  using storage = new ObjectStorage(options)
  const objects = named(storage.list(bucket, { prefix, after }), after)
  try {
    yield* inOrder(objects, concurrency, async ({ after, ...object }, signal) => {
      const { key: name } = object
      try {
        return { name, after, image: await reference(storage, bucket, object, maxBytes, signal) }
      } catch (error) {
        if (!isFanlightError(error) || error.retry === 'later') throw error
        return { name, after, failure: failureOf(error, 'IMAGE_UNREADABLE') }
      }
    })
  } catch (error) {
    throw bucketRefusal(uri, error)
  }
}

/**
 * One object by its URI, hashed as it is read, unless the server keeps its SHA-256. Its name may be any.
 * @throws InputError `INPUT_NOT_FOUND`, `IMAGE_TOO_LARGE`, `IMAGE_UNREADABLE` when it is archived or may not be read
 * @throws TransientError `ARTIFACTS_UNAVAILABLE`
 */
export async function referenceObject(
  uri: string,
  options: S3Options & Pick<ReferenceObjectsOptions, 'maxBytes'>,
): Promise<ImageRef> {
  const { bucket, key } = parseObjectUri(uri)
  if (key === '') throw new InputError('INPUT_NOT_FOUND', `${uri} is a bucket: write s3://bucket/key`)
  using storage = new ObjectStorage(options)
  try {
    const object = { key, bytes: 0, hasSha256: true, isExact: true }
    return await reference(storage, bucket, object, options.maxBytes, new AbortController().signal)
  } catch (error) {
    throw bucketRefusal(uri, error)
  }
}

/** Those with an image's name, and what to go on after: a key that the server could not write is none. */
async function* named(
  objects: AsyncIterable<ListedObject>,
  after: string,
): AsyncGenerator<ListedObject & { readonly after: string }> {
  let last = after
  for await (const object of objects) {
    if (object.isExact) last = object.key
    // A key with a slash at its end is what browsers of buckets show as a folder.
    if (isImageName(object.key) && !object.key.endsWith('/')) yield { ...object, after: last }
  }
}

async function reference(
  storage: ObjectStorage,
  bucket: string,
  { key, bytes: listedBytes, hasSha256 }: ListedObject,
  maxBytes: number,
  signal: AbortSignal,
): Promise<ImageRef> {
  const uri = objectUri({ bucket, key })
  if (listedBytes > maxBytes) throw tooLarge(uri, listedBytes, maxBytes)
  try {
    const known = hasSha256 ? await headOf(storage, bucket, key, signal) : undefined
    if (known?.bytes !== undefined && known.bytes > maxBytes) throw tooLarge(uri, known.bytes, maxBytes)
    if (known?.sha256 && known.bytes !== undefined) return { uri, sha256: known.sha256, bytes: known.bytes }
    using object = await storage.open(bucket, key, { signal })
    if (!object) throw new InputError('INPUT_NOT_FOUND', `${uri} is not there`)
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of object.chunks({ maxBytes, refuse: (size) => tooLarge(uri, size, maxBytes) })) {
      hash.update(chunk)
      bytes += chunk.byteLength
    }
    return { uri, sha256: hash.digest('hex'), bytes }
  } catch (error) {
    throw objectRefusal(uri, error)
  }
}

const BARE_REFUSAL = /^(Forbidden|Unauthorized|HTTP 4\d\d)$/

/** Undefined also when it is refused: an answer without a body does not say why, that to GET does. */
async function headOf(storage: ObjectStorage, bucket: string, key: string, signal: AbortSignal) {
  try {
    return await storage.head(bucket, key, { signal })
  } catch (error) {
    if (!BARE_REFUSAL.test(reasonOf(error) ?? '')) throw error
  }
}
