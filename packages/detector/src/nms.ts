import { iouAt } from './iou.ts'

/** Boxes that compete with each other. */
export interface Candidates {
  /** xyxy, four numbers each. */
  readonly boxes: Float64Array
  readonly scores: Float64Array
  readonly classes: Int32Array
}

/** More candidates than this, the weakest are dropped before suppression (LIMITS): its time grows with their square. */
export const MAX_CANDIDATES = 10_000

/**
 * Greedy non-maximum suppression within each class: the best box stays and drops those with an IoU above
 * `maxIou`; and so on. Equal scores go by index, so that the result is the same everywhere.
 * @returns indices of the kept, by falling score
 */
export function suppress({ boxes, scores, classes }: Candidates, maxIou: number): number[] {
  const order = Array.from(scores.keys()).sort((i, j) => scores[j]! - scores[i]! || i - j)
  const kept: number[] = []
  const keptOfClass = new Map<number, number[]>()
  for (const index of order.slice(0, MAX_CANDIDATES)) {
    const rivals = keptOfClass.get(classes[index]!) ?? []
    if (rivals.some((rival) => iouAt(boxes, 4 * index, boxes, 4 * rival) > maxIou)) continue
    rivals.push(index)
    keptOfClass.set(classes[index]!, rivals)
    kept.push(index)
  }
  return kept
}
