import type { DecodedImage } from './decode.ts'
import { encodePicture, rawPipeline } from './photo.ts'

/** Pixels as PNG, every one as it is. */
export function encodePng(image: DecodedImage): Promise<Uint8Array> {
  return encodePicture(rawPipeline(image), 'png')
}
