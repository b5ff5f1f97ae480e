import type { Box } from '@fanlight/contracts'
import { massIn } from './area.ts'
import type { CellMap, ImageSize } from './map.ts'

/**
 * Energy-based pointing game (Wang et al., Score-CAM, CVPR workshops 2020): positive evidence inside the box ÷ all
 * positive evidence. Cells that the box covers partly count by area.
 * @param box pixels of the image
 * @returns 0..1, or null for a map without positive evidence
 */
export function inBoxEnergy(map: CellMap, box: Box, image: ImageSize): number | null {
  const all = massIn(map, 'positive', image)
  if (!(all > 0)) return null
  return Math.min(1, massIn(map, 'positive', image, box) / all)
}
