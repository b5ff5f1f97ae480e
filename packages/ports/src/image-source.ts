import type { ImageRef } from '@fanlight/contracts'

/** Reads images from where they are. */
export interface ImageSource {
  /**
   * @returns the bytes whose SHA-256 is `ref.sha256`
   * @throws InputError `IMAGE_CHANGED` when the file is another by now, `INPUT_NOT_FOUND`, `NOT_A_FILE`,
   *   `IMAGE_TOO_LARGE`
   */
  read(ref: ImageRef): Promise<Uint8Array>
}
