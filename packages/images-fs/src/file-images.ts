import { fileURLToPath } from 'node:url'
import { type ImageRef, sha256 } from '@fanlight/contracts'
import { recentImages } from '@fanlight/image/recent-images'
import { type ImageSource, InputError } from '@fanlight/ports'
import { readChunks, type SizeLimit } from './regular-file.ts'

export interface FileImagesOptions extends SizeLimit {
  /** Memory for the bytes of images read recently: the shards of a question come one after the other. @default 16 MiB */
  readonly recentBytes?: number
}

/** Images where they are: `file:` URIs. Reads of one image at the same time are one. */
export function fileImages({ maxBytes, recentBytes }: FileImagesOptions): ImageSource {
  async function read(ref: ImageRef): Promise<Uint8Array> {
    const path = pathOf(ref)
    const bytes = Buffer.concat(await Array.fromAsync(readChunks(path, { maxBytes })))
    if (sha256(bytes) === ref.sha256) return bytes
    throw new InputError('IMAGE_CHANGED', `${path} is not the image any more that it was: run the job again`)
  }

  return recentImages({ recentBytes, read })
}

function pathOf({ uri }: ImageRef): string {
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new InputError('INPUT_NOT_FOUND', `${uri} is no file on this machine`, { cause })
  }
}
