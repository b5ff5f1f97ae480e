import type { Failure, ImageRef } from '@fanlight/contracts'
import { failureOf } from '@fanlight/ports'
import { type FindOptions, findImages } from './find-images.ts'
import { referenceImage } from './reference-image.ts'

export type Referenced =
  | { readonly name: string; readonly image: ImageRef; readonly failure?: never }
  | { readonly name: string; readonly failure: Failure; readonly image?: never }

/**
 * `findImages`, each hashed as it is found: what becomes the items of a job.
 * @throws InputError `INPUT_NOT_FOUND`, before anything is found, when one of the paths does not exist
 */
export async function* referenceImages(paths: readonly string[], options: FindOptions): AsyncGenerator<Referenced> {
  for await (const { name, path, failure } of findImages(paths, options)) {
    yield failure ? { name, failure } : await referenced(name, path, options)
  }
}

async function referenced(name: string, path: string, options: FindOptions): Promise<Referenced> {
  try {
    return { name, image: await referenceImage(path, options) }
  } catch (error) {
    return { name, failure: failureOf(error, 'IMAGE_UNREADABLE') }
  }
}
