import type { Box } from '@fanlight/contracts'
import type { ImageSize } from './map.ts'

export const objectSizes = ['small', 'medium', 'large'] as const
export type ObjectSize = (typeof objectSizes)[number]

/**
 * By the root of the box's share of the photo's area, its mean side as a share of the photo's: small below 1/4 (two
 * cells of an 8 × 8 grid), large from 1/2 on. Not pixels: what is hidden are shares of the photo.
 * @param box pixels of the image; what lies outside counts nothing
 */
export function objectSize([x1, y1, x2, y2]: Box, { width, height }: ImageSize): ObjectSize {
  const across = Math.max(0, Math.min(x2, width) - Math.max(x1, 0)) / width
  const down = Math.max(0, Math.min(y2, height) - Math.max(y1, 0)) / height
  const side = Math.sqrt(across * down)
  return side < 0.25 ? 'small' : side < 0.5 ? 'medium' : 'large'
}
