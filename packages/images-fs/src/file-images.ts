import { fileURLToPath } from 'node:url'
import { type ImageRef, sha256 } from '@fanlight/contracts'
import { type ImageSource, InputError } from '@fanlight/ports'
import { RecentBytes } from './recent-bytes.ts'
import { readChunks, type SizeLimit } from './regular-file.ts'

export interface FileImagesOptions extends SizeLimit {
  /** Memory for the bytes of images read recently: the shards of a question come one after the other. @default 16 MiB */
  readonly recentBytes?: number
}

/** Images where they are: `file:` URIs. Reads of one image at the same time are one. */
export function fileImages({ maxBytes, recentBytes = 2 ** 24 }: FileImagesOptions): ImageSource {
  const recent = new RecentBytes(recentBytes)
  const reading = new Map<string, Promise<Uint8Array>>()

  async function readAfresh(ref: ImageRef): Promise<Uint8Array> {
    const path = pathOf(ref)
    const bytes = Buffer.concat(await Array.fromAsync(readChunks(path, { maxBytes })))
    if (sha256(bytes) === ref.sha256) return bytes
    throw new InputError('IMAGE_CHANGED', `${path} is not the image any more that it was: run the job again`)
  }

  return {
    async read(ref) {
      const held = recent.get(ref.sha256)
      if (held) return held
      const id = `${ref.sha256} ${ref.uri}`
      const read = reading.get(id) ?? readAfresh(ref).finally(() => reading.delete(id))
      reading.set(id, read)
      const bytes = await read
      recent.add(ref.sha256, bytes)
      return bytes
    },
  }
}

function pathOf({ uri }: ImageRef): string {
  try {
    return fileURLToPath(uri)
  } catch (cause) {
    throw new InputError('INPUT_NOT_FOUND', `${uri} is no file on this machine`, { cause })
  }
}
