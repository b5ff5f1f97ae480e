import { fileURLToPath } from 'node:url'
import { referenceImages } from '@fanlight/images-fs'
import { referenceObjects } from '@fanlight/images-s3'
import { InputError, type ListedPhoto, type ListOptions, type PhotoSource } from '@fanlight/ports'
import { type S3Config, s3Of } from './s3.ts'

type List = (uri: string, options: ListOptions) => AsyncIterable<ListedPhoto>

/** Photos under `s3://bucket/prefix`, or in a folder that this machine sees, `file:///folder`. */
export function openSources(config: S3Config, { maxBytes }: { maxBytes: number }): PhotoSource {
  const lists: Readonly<Record<string, List>> = {
    's3:': (uri, { after }) => listPrefix(uri, { ...s3Of(config), maxBytes, after }),
    'file:': (uri, { after }) => listFolder(fileURLToPath(uri), { maxBytes, after }),
  }
  return {
    async *list(uri, options) {
      const scheme = uri.slice(0, uri.indexOf(':') + 1)
      const list = Object.hasOwn(lists, scheme) ? lists[scheme] : undefined
      if (!list)
        throw new InputError(
          'INPUT_NOT_FOUND',
          `${uri} is no folder of photos: give s3://bucket/prefix or file:///folder`,
        )
      for await (const photo of list(uri, options)) {
        options.signal.throwIfAborted()
        yield photo
      }
    },
  }
}

async function* listPrefix(...args: Parameters<typeof referenceObjects>): AsyncGenerator<ListedPhoto> {
  for await (const { after: cursor, ...photo } of referenceObjects(...args)) yield { ...photo, cursor }
}

/** Names ascend: those up to the cursor are passed over, though they are hashed again. */
async function* listFolder(
  folder: string,
  { maxBytes, after }: { maxBytes: number; after: string | undefined },
): AsyncGenerator<ListedPhoto> {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`
  for await (const photo of referenceImages([folder], { maxBytes })) {
    const name = photo.name.startsWith(prefix) ? photo.name.slice(prefix.length) : photo.name
    if (after === undefined || name > after) yield { ...photo, name, cursor: name }
  }
}
