import { InputError } from '@fanlight/ports'

export interface ObjectUri {
  readonly bucket: string
  /** As S3 has it: any text, be it with `..`, `//`, `?` or control characters. */
  readonly key: string
}

// No `:`: what begins with `arn:` names another endpoint.
const URI = /^s3:\/\/([A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9])(?:\/(.*))?$/s

/**
 * `s3://bucket/key`, the key's parts between slashes percent-encoded as `encodeURIComponent` does it. Read it with
 * `parseObjectUri` and not as a URL, which would resolve `..`.
 */
export function objectUri({ bucket, key }: ObjectUri): string {
  return `s3://${bucket}/${key.toWellFormed().split('/').map(encodeURIComponent).join('/')}`
}

/**
 * The reverse; what need not be encoded may be written as it is, so that a person can type it: only `%` has to be `%25`.
 * @throws InputError `INPUT_NOT_FOUND`
 */
export function parseObjectUri(uri: string): ObjectUri {
  const [, bucket, key = ''] = URI.exec(uri) ?? []
  const shown = JSON.stringify(uri.slice(0, 200))
  if (!bucket) throw new InputError('INPUT_NOT_FOUND', `${shown} is no object in a bucket: write s3://bucket/key`)
  try {
    return { bucket, key: decodeURIComponent(key) }
  } catch (cause) {
    throw new InputError('INPUT_NOT_FOUND', `${shown} holds a % that encodes nothing: write it %25`, { cause })
  }
}
