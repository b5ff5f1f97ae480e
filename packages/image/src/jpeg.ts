import { InputError } from '@fanlight/ports'

/** Each scan of a progressive JPEG goes over the whole picture: thousands of tiny ones keep a decoder busy for minutes. */
const MAX_SCANS = 100

/** ITU T.81 table B.1: the coding processes that libjpeg does not decode, or decodes to rubbish without a word. */
const UNSUPPORTED_FRAMES: Readonly<Record<number, string>> = {
  195: 'lossless',
  197: 'hierarchical',
  198: 'hierarchical',
  199: 'hierarchical',
  201: 'arithmetic-coded',
  202: 'arithmetic-coded',
  203: 'arithmetic-coded',
  205: 'arithmetic-coded',
  206: 'arithmetic-coded',
  207: 'arithmetic-coded',
}

/**
 * Walks the markers of a JPEG, in one pass and without decoding.
 * @throws InputError `IMAGE_UNSUPPORTED` for a coding process of `UNSUPPORTED_FRAMES` or more than 100 scans
 */
export function checkJpeg(bytes: Uint8Array): void {
  let scans = 0
  for (const marker of markersOf(bytes)) {
    const process = UNSUPPORTED_FRAMES[marker]
    if (process) {
      throw new InputError('IMAGE_UNSUPPORTED', `the JPEG is ${process}: save it as a baseline or progressive JPEG`)
    }
    if (marker === 0xda) scans++
    if (scans > MAX_SCANS) {
      throw new InputError(
        'IMAGE_UNSUPPORTED',
        `the JPEG has more than ${MAX_SCANS} scans (a usual one has 1 to 12): save it anew`,
      )
    }
  }
}

/** The marker codes up to the end of the picture or of the bytes. */
function* markersOf(bytes: Uint8Array): Generator<number> {
  for (let at = bytes.indexOf(0xff); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at += 1
      continue
    }
    at += 2
    // Stuffed zeros, restarts, TEM and SOI carry no segment.
    if (marker === 0x00 || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue
    if (marker === 0xd9) return
    yield marker
    if (at + 2 > bytes.length) return
    // Never skip over entropy-coded data: it follows the SOS header, in which the scan for 0xff goes on.
    at += Math.max(2, bytes[at]! * 256 + bytes[at + 1]!)
  }
}
