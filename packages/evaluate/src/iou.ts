import type { Box } from '@fanlight/contracts'

/** Intersection over union of two boxes, 0..1; 0 where one has no area. */
export function iou(a: Box, b: Box): number {
  const side = (low: 0 | 1, high: 2 | 3) => Math.max(0, Math.min(a[high], b[high]) - Math.max(a[low], b[low]))
  const area = ([x1, y1, x2, y2]: Box) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1)
  const both = side(0, 2) * side(1, 3)
  return both === 0 ? 0 : both / (area(a) + area(b) - both)
}
