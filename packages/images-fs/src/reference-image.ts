import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ImageRef } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { readChunks, type SizeLimit } from './regular-file.ts'

/**
 * Hashes a file as it is now. Whether it is an image is for the decoder to say.
 * @throws InputError `NOT_A_FILE`, `IMAGE_TOO_LARGE`, `INPUT_NOT_FOUND`, `IMAGE_UNREADABLE`
 */
export async function referenceImage(path: string, limit: SizeLimit): Promise<ImageRef> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of readChunks(path, limit)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  const uri = pathToFileURL(resolve(path)).href
  const ref = ImageRef.safeParse({ sha256: hash.digest('hex'), uri, bytes })
  if (ref.success) return ref.data
  throw new InputError('INPUT_NOT_FOUND', `the path of ${path} is too long to be kept: move it nearer to the root`)
}
