import type { SegmentAnswer, SegmentQuestion } from '@fanlight/contracts'
import { areaMean, toLab } from '@fanlight/image'
import { packLabels, slic } from '@fanlight/segments'
import type { PreparedImage } from './prepared-images.ts'

/** Superpixels of the photo, by SLIC on the mean colours of the raster's cells. No network has a part in it. */
export function answerSegments(image: PreparedImage, question: SegmentQuestion): SegmentAnswer {
  const { rows, cols, segments, compactness } = question
  const lab = toLab(areaMean(image.colours, cols, rows))
  const aspect = (image.width * rows) / (image.height * cols)
  const { count, labels } = slic({ rows, cols, lab, aspect }, { segments, compactness })
  return { kind: 'segment', count, labels: packLabels(labels, count).of }
}
