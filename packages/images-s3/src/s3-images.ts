import { type ImageRef, sha256 } from '@fanlight/contracts'
import { recentImages } from '@fanlight/image/recent-images'
import { type ImageSource, InputError } from '@fanlight/ports'
import { ObjectStorage, type S3Options } from '@fanlight/s3'
import { parseObjectUri } from './object-uri.ts'
import { bucketRefusal, objectRefusal, tooLarge } from './refusals.ts'

export interface S3ImagesOptions extends S3Options {
  /** Objects above it are refused before they are read. */
  readonly maxBytes: number
  /** Memory for the bytes of images read recently. @default 16 MiB */
  readonly recentBytes?: number | undefined
}

export interface S3Images extends ImageSource, Disposable {}

/**
 * Images in buckets: `s3://bucket/key`, of any bucket that the credentials may read. Reads of one image at the same time
 * are one. `read` rejects also with InputError `IMAGE_UNREADABLE` when the object may not be read or is archived,
 * `INPUT_NOT_FOUND` when there is no such bucket, and with TransientError `ARTIFACTS_UNAVAILABLE` when the server is
 * away or does not know the credentials.
 */
export function s3Images(options: S3ImagesOptions): S3Images {
  const { maxBytes, recentBytes } = options
  const storage = new ObjectStorage(options)

  async function read({ uri, sha256: expected, bytes: expectedBytes }: ImageRef): Promise<Uint8Array> {
    const { bucket, key } = parseObjectUri(uri)
    using object = await storage.open(bucket, key).catch((error: unknown) => {
      throw bucketRefusal(uri, objectRefusal(uri, error))
    })
    if (!object) throw new InputError('INPUT_NOT_FOUND', `${uri} is not there`)
    if (object.bytes !== undefined && object.bytes > maxBytes) throw tooLarge(uri, object.bytes, maxBytes)
    const changed = () =>
      new InputError('IMAGE_CHANGED', `${uri} is not the image any more that it was: run the job again`)
    if (object.bytes !== undefined && object.bytes !== expectedBytes) throw changed()
    const limit = { maxBytes, refuse: (bytes: number) => tooLarge(uri, bytes, maxBytes) }
    const bytes = Buffer.concat(await Array.fromAsync(object.chunks(limit)))
    if (sha256(bytes) === expected) return bytes
    throw changed()
  }

  return { ...recentImages({ recentBytes, read }), [Symbol.dispose]: () => storage[Symbol.dispose]() }
}
