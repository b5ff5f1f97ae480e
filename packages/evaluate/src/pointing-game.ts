import type { Box } from '@fanlight/contracts'
import type { CellMap, ImageSize } from './map.ts'

/**
 * Pointing game (Zhang et al., Excitation Backprop, IJCV 2018), without tolerance: whether the centre of the map's
 * strongest cell lies in the box. Of equal cells the first in row-major order counts.
 * @param box pixels of the image, its border included
 * @returns null for a constant map, which points nowhere
 */
export function pointsIntoBox(map: CellMap, box: Box, image: ImageSize): boolean | null {
  let best = 0
  let lowest = 0
  map.data.forEach((value, i) => {
    if (value > map.data[best]!) best = i
    if (value < map.data[lowest]!) lowest = i
  })
  if (map.data[best] === map.data[lowest]) return null
  const x = (((best % map.width) + 0.5) / map.width) * image.width
  const y = ((Math.floor(best / map.width) + 0.5) / map.height) * image.height
  return box[0] <= x && x <= box[2] && box[1] <= y && y <= box[3]
}
