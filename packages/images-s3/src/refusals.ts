import { InputError } from '@fanlight/ports'
import { StorageError } from '@fanlight/s3'

export function tooLarge(uri: string, bytes: number, maxBytes: number): InputError {
  return new InputError('IMAGE_TOO_LARGE', `${uri} has ${bytes} bytes or more, the limit is ${maxBytes}`)
}

/** What is wrong with one object, and with no other, is not worth another try. */
export function refusal(uri: string): (error: unknown) => never {
  return (cause) => {
    if (cause instanceof StorageError && cause.reason === 'InvalidObjectState') {
      throw new InputError('IMAGE_UNREADABLE', `${uri} is archived: restore it first`, { cause })
    }
    if (cause instanceof StorageError && cause.reason === 'KeyTooLongError') {
      throw new InputError('INPUT_NOT_FOUND', `${uri} has a key that no object can have`, { cause })
    }
    throw cause
  }
}
