import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { InputError } from '@fanlight/ports'

/** Bytes of an ONNX file. */
export const DEFAULT_MAX_MODEL_BYTES = 512 * 2 ** 20

/**
 * @param path of a regular file: nothing else is read, so that no pipe can hang and no device can flood
 * @throws InputError `MODEL_NOT_FOUND`, `NOT_A_FILE`, `MODEL_UNSAFE` when it has more than `maxBytes`
 */
export async function readModelFile(path: string, maxBytes = DEFAULT_MAX_MODEL_BYTES): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    // A socket cannot be opened at all.
    if (error.code === 'ENXIO') throw new InputError('NOT_A_FILE', 'it is no regular file: give a .onnx file')
    throw new InputError('MODEL_NOT_FOUND', `it cannot be opened (${error.code}): give the path of a .onnx file`)
  })
  try {
    const status = await file.stat()
    if (!status.isFile()) throw new InputError('NOT_A_FILE', 'it is no regular file: give a .onnx file')
    if (status.size > maxBytes) {
      const message = `it has ${status.size} bytes; at most ${maxBytes} are read`
      throw new InputError('MODEL_UNSAFE', `${message}: use a smaller model, or raise the limit if you trust it`)
    }
    const bytes = await file.readFile()
    return bytes
  } finally {
    await file.close()
  }
}
