import type { DecodedImage } from './decode.ts'
import { resizePhoto } from './photo.ts'

/** The grey photo's range: dark enough for the colours, light enough to see what is in the shadows. */
const DARKEST = 26
const DIMMING = 0.48

/** Of photos that are still held, by width: the targets of a photo are drawn one after the other. */
const made = new WeakMap<DecodedImage, Map<number, Promise<Float32Array>>>()

/**
 * A photo as it is under a map: grey and dimmed, [height, width], once for all pictures of a photo.
 * @param image whose pixels do not change
 */
export function greyPhoto(image: DecodedImage, width: number, height: number): Promise<Float32Array> {
  const ofWidths = made.get(image) ?? new Map<number, Promise<Float32Array>>()
  made.set(image, ofWidths)
  // The height follows from the width.
  const grey = ofWidths.get(width) ?? resizePhoto(image, width, height).then(greyOf)
  ofWidths.set(width, grey)
  return grey
}

function greyOf({ width, height, data }: DecodedImage): Float32Array {
  const grey = new Float32Array(width * height)
  for (let i = 0, at = 0; i < grey.length; i++, at += 3) {
    // Rec. 601 luma, as cameras and JPEG have it.
    grey[i] = DARKEST + (0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!) * DIMMING
  }
  return grey
}
