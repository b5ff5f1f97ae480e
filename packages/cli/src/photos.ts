import { fileImages, findImages, referenceImage } from '@fanlight/images-fs'
import type { FoundPhoto } from '@fanlight/ports'
import { failureOf, InputError } from '@fanlight/ports'
import type { Limits } from '@fanlight/service-kit/limits'

interface FindPhotosOptions {
  readonly limits: Limits
  readonly signal: AbortSignal
  /** Looking ends there. @default all */
  readonly most?: number
  readonly onFound: (count: number) => void
}

/**
 * The photos that a command line names, with their hashes, in the order found; files that cannot be taken are among
 * them, with why.
 * @throws InputError `INPUT_NOT_FOUND` when a path does not exist, or when there is nothing to explain in any of them
 */
export async function findPhotos(
  paths: readonly string[],
  { limits, signal, most, onFound }: FindPhotosOptions,
): Promise<readonly FoundPhoto[]> {
  const limit = { maxBytes: limits.maxImageBytes }
  const photos: FoundPhoto[] = []
  for await (const { name, path, failure } of findImages(paths, limit)) {
    signal.throwIfAborted()
    photos.push(failure ? { name, failure } : await reference(name, path, limit))
    onFound(photos.length)
    if (photos.length === most) break
  }
  if (photos.length > 0) return photos
  const where = paths.map((path) => JSON.stringify(path)).join(', ')
  throw new InputError(
    'INPUT_NOT_FOUND',
    `no photos in ${where}: Fanlight looks for .jpg, .jpeg, .png, .webp, .avif, .tif, .tiff, .bmp and .gif, in folders within folders too`,
  )
}

async function reference(name: string, path: string, limit: { maxBytes: number }): Promise<FoundPhoto> {
  try {
    return { name, image: await referenceImage(path, limit) }
  } catch (error) {
    return { name, failure: failureOf(error, 'IMAGE_UNREADABLE') }
  }
}

/** @throws InputError `IMAGE_UNREADABLE` saying why the photo cannot be taken, and as reading it */
export async function photoBytes({ image, failure }: FoundPhoto, { maxImageBytes }: Limits): Promise<Uint8Array> {
  if (failure || !image) throw new InputError('IMAGE_UNREADABLE', failure?.message ?? 'it was not found')
  return await fileImages({ maxBytes: maxImageBytes }).read(image)
}
