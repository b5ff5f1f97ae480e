import { InputError } from '@fanlight/ports'
import { StorageError } from '@fanlight/s3'

export function tooLarge(uri: string, bytes: number, maxBytes: number): InputError {
  return new InputError('IMAGE_TOO_LARGE', `${uri} has ${bytes} bytes or more, the limit is ${maxBytes}`)
}

/** What the server refuses of one object for good, and of no other: not worth another try. Else the error as it is. */
export function objectRefusal(uri: string, cause: unknown): unknown {
  switch (reasonOf(cause)) {
    case 'AccessDenied':
      return new InputError('IMAGE_UNREADABLE', `${uri} may not be read: allow s3:GetObject on it`, { cause })
    case 'InvalidObjectState':
      return new InputError('IMAGE_UNREADABLE', `${uri} is archived: restore it first`, { cause })
    case 'KeyTooLongError':
      return new InputError('INPUT_NOT_FOUND', `${uri} has a key that no object can have`, { cause })
    default:
      return cause
  }
}

/**
 * What the server refuses of a bucket for good: whoever named it has to name another, or its owner to allow it. Else
 * the error as it is: network, credentials and a server in trouble are ours to mend, and then it goes on.
 */
export function bucketRefusal(uri: string, cause: unknown): unknown {
  const shown = JSON.stringify(uri.slice(0, 200))
  switch (reasonOf(cause)) {
    case 'AccessDenied':
      return new InputError('IMAGE_UNREADABLE', `${shown} may not be listed: allow s3:ListBucket on it`, { cause })
    case 'NoSuchBucket':
    case 'InvalidBucketName':
    case 'PermanentRedirect':
      return new InputError('INPUT_NOT_FOUND', (cause as StorageError).message, { cause })
    default:
      return cause
  }
}

export function reasonOf(error: unknown): string | undefined {
  return error instanceof StorageError ? error.reason : undefined
}
