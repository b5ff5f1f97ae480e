import type { Model } from './codec.ts'
import type { Dim } from './graph.ts'

const SIDES = 4
/** Heads have 8 (NanoDet) or 16 (Ultralytics); fewer would be something else. */
const MIN_BINS = 5

/**
 * The value that a network makes distances to the four sides of its boxes of: a distribution over bins for each, before
 * its softmax (Li et al. 2020, Generalized Focal Loss, arXiv:2006.04388).
 * @param model as `normalised` gives it
 * @param shapes of its values
 * @returns a value of the shape [1, bins, 4, predictions] in some order of the axes; undefined where there is none
 */
export function distributionOf(model: Model, shapes: ReadonlyMap<string, readonly Dim[]>): string | undefined {
  const found = model.graph!.node.find((node) => {
    const shape = shapes.get(node.input[0] ?? '')
    if (node.opType !== 'Softmax' || shape?.length !== 4 || shape[0] !== 1) return false
    const axis = Number(node.attribute.find(({ name }) => name === 'axis')?.i ?? -1)
    const bins = shape.at(axis)
    const others = shape.filter((_, i) => i !== 0 && i !== (axis + 4) % 4)
    return typeof bins === 'number' && bins >= MIN_BINS && others.includes(SIDES)
  })
  return found?.input[0]
}
