import type { Box, Preprocess } from '@fanlight/contracts'

/** Where the image lies in the network's input: network = image · scale + offset, in pixels. */
export interface Placement {
  readonly scaleX: number
  readonly scaleY: number
  readonly offsetX: number
  readonly offsetY: number
  /** The content's size in network pixels; around it is padding. */
  readonly width: number
  readonly height: number
}

/**
 * The official preprocessors, to the pixel:
 * - `letterbox-top-left`: YOLOX `preproc`, size `int(side · ratio)`
 * - `letterbox-center`: Ultralytics `LetterBox`, size `round(side · ratio)`, left and top `round(padding / 2 − 0.1)`
 * - `stretch`: the whole input
 * https://github.com/Megvii-BaseDetection/YOLOX/blob/main/yolox/data/data_augment.py
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/data/augment.py
 * All sizes are whole pixels ≥ 1.
 */
export function placementOf(
  imageWidth: number,
  imageHeight: number,
  netWidth: number,
  netHeight: number,
  resize: Preprocess['resize'],
): Placement {
  const place = (width: number, height: number, offsetX: number, offsetY: number): Placement => {
    return { scaleX: width / imageWidth, scaleY: height / imageHeight, offsetX, offsetY, width, height }
  }
  if (resize === 'stretch') return place(netWidth, netHeight, 0, 0)
  const ratio = Math.min(netWidth / imageWidth, netHeight / imageHeight)
  const toWhole = resize === 'letterbox-top-left' ? Math.trunc : roundHalfEven
  // A hair-thin photo keeps one pixel.
  const width = Math.max(1, toWhole(imageWidth * ratio))
  const height = Math.max(1, toWhole(imageHeight * ratio))
  if (resize === 'letterbox-top-left') return place(width, height, 0, 0)
  // + 0 turns −0 into 0.
  const half = (padding: number) => roundHalfEven(padding / 2 - 0.1) + 0
  return place(width, height, half(netWidth - width), half(netHeight - height))
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  if (value - below !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

/** @param box xyxy in image pixels */
export function toNetwork({ scaleX, scaleY, offsetX, offsetY }: Placement, [x1, y1, x2, y2]: Box): Box {
  return [x1 * scaleX + offsetX, y1 * scaleY + offsetY, x2 * scaleX + offsetX, y2 * scaleY + offsetY]
}

/** @param box xyxy in network pixels; the result is not clipped to the image */
export function toImage({ scaleX, scaleY, offsetX, offsetY }: Placement, [x1, y1, x2, y2]: Box): Box {
  return [(x1 - offsetX) / scaleX, (y1 - offsetY) / scaleY, (x2 - offsetX) / scaleX, (y2 - offsetY) / scaleY]
}

/** The photo's longer side, in its own pixels. */
export const photoSide = ({ width, height, scaleX, scaleY }: Placement): number =>
  Math.max(width / scaleX, height / scaleY)

/**
 * Where the centre of each network column and row lies along the image's side, 0..1; in the padding the nearest
 * edge of the image.
 */
export function positionsOf(placement: Placement, netWidth: number, netHeight: number) {
  const along = (count: number, offset: number, size: number) =>
    Float64Array.from({ length: count }, (_, i) => Math.min(1, Math.max(0, (i + 0.5 - offset) / size)))
  return {
    columns: along(netWidth, placement.offsetX, placement.width),
    rows: along(netHeight, placement.offsetY, placement.height),
  }
}
