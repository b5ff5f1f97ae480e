import { fileURLToPath } from 'node:url'
import type { ImageRef } from '@fanlight/contracts'
import { referenceImage } from '@fanlight/images-fs'
import { referenceObject } from '@fanlight/images-s3'
import { InputError } from '@fanlight/ports'
import { type S3Config, s3Of } from './s3.ts'

/**
 * Tells which bytes lie at a URI now, `s3://bucket/key` or `file:///path`: hashed as they are read, unless S3 keeps it.
 * @throws InputError `INPUT_NOT_FOUND`, `IMAGE_TOO_LARGE`, `IMAGE_UNREADABLE`, `NOT_A_FILE`
 * @throws TransientError `ARTIFACTS_UNAVAILABLE`
 */
export function openLocator(config: S3Config, limit: { readonly maxBytes: number }) {
  return async (uri: string): Promise<ImageRef> => {
    if (uri.startsWith('s3:')) return referenceObject(uri, { ...s3Of(config), ...limit })
    if (uri.startsWith('file:')) return referenceImage(fileURLToPath(uri), limit)
    throw new InputError('INPUT_NOT_FOUND', `${uri.slice(0, 200)} is no image: give s3://bucket/key or file:///path`)
  }
}
