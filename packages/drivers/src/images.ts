import { fileImages } from '@fanlight/images-fs'
import { s3Images } from '@fanlight/images-s3'
import { type ArtifactStore, type ImageSource, InputError, isFanlightError } from '@fanlight/ports'
import { ARTIFACT_SCHEME } from './model-files.ts'
import { type S3Config, s3Of } from './s3.ts'

export interface ImagesOptions {
  readonly artifacts: ArtifactStore
  /** Of an image's file. */
  readonly maxBytes: number
}

/** Images wherever they are: `file:`, `s3://bucket/key`, and uploads, `artifact:` with their SHA-256. */
export function openImages(config: S3Config, { artifacts, maxBytes }: ImagesOptions): ImageSource {
  const sources: Readonly<Record<string, ImageSource>> = {
    'file:': fileImages({ maxBytes }),
    's3:': s3Images({ ...s3Of(config), maxBytes }),
    [ARTIFACT_SCHEME]: uploadedImages(artifacts),
  }
  return {
    async read(ref) {
      const scheme = ref.uri.slice(0, ref.uri.indexOf(':') + 1)
      const source = Object.hasOwn(sources, scheme) ? sources[scheme] : undefined
      if (source) return source.read(ref)
      const known = Object.keys(sources).join(', ')
      throw new InputError('INPUT_NOT_FOUND', `${ref.uri} is none of the URIs that images are read from: ${known}`)
    },
  }
}

function uploadedImages(artifacts: ArtifactStore): ImageSource {
  return {
    async read({ sha256 }) {
      try {
        return await artifacts.get(sha256)
      } catch (cause) {
        if (!isFanlightError(cause) || cause.code !== 'ARTIFACT_NOT_FOUND') throw cause
        throw new InputError('INPUT_NOT_FOUND', `the upload ${sha256} is not kept any more: send it again`, { cause })
      }
    },
  }
}
