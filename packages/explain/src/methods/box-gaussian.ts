import { type Box, ScoreObjective } from '@fanlight/contracts'
import { z } from 'zod'
import type {
  Answer,
  AskedQuestion,
  Attribution,
  EvidenceMap,
  ExplainContext,
  Explained,
  Explainer,
} from '../explainer.ts'
import { type MapShape, mapShapeOf } from '../map-shape.ts'
import { findTargets } from '../targets.ts'

const Params = z.strictObject({})
type Params = z.infer<typeof Params>

/** Least deviation in cells of the map: .075 of an 8 × 8 grid's cell, so that no box falls between two cells. */
const MIN_SIGMA_CELLS = 0.6

/**
 * The baseline that knows the box and nothing else: a Gaussian over the box, σ = half its sides, summing to 1 over
 * the image. A method whose maps are no better than this one has explained nothing.
 */
export const boxGaussian: Explainer<Params> = {
  name: 'box-gaussian',
  version: 1,
  summary: 'baseline: a Gaussian over the box, without any masks',
  params: Params,
  objectives: ScoreObjective.options,
  cost: () => 1,
  explain,
}

function* explain(context: ExplainContext): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targetsCut } = found
  const attributions = found.targets.map(({ target, fullValue }): Attribution => {
    const map = gaussianOver(target.box, found)
    return { target, map, forwards: 0, fullValue, emptyValue: null, stability: null, priorShare: 1 }
  })
  return { width, height, targetsCut, attributions }
}

/** @param box,image in pixels */
export function gaussianOver(
  [x1, y1, x2, y2]: Box,
  image: MapShape,
  { width, height } = mapShapeOf(image.width, image.height),
): EvidenceMap {
  const across = bell(x1 / image.width, x2 / image.width, width)
  const down = bell(y1 / image.height, y2 / image.height, height)
  const data = Float32Array.from(
    { length: width * height },
    (_, i) => down[Math.floor(i / width)]! * across[i % width]!,
  )
  return { width, height, data }
}

/** A Gaussian over [from, to] of a side from 0 to 1, at the centres of its cells, summing to 1. */
function bell(from: number, to: number, cells: number): Float64Array {
  const centre = Math.min(1, Math.max(0, (from + to) / 2)) * cells
  const sigma = Math.max(MIN_SIGMA_CELLS, ((to - from) / 2) * cells)
  const values = Float64Array.from({ length: cells }, (_, i) => Math.exp(-0.5 * ((i + 0.5 - centre) / sigma) ** 2))
  const total = values.reduce((sum, value) => sum + value, 0)
  return values.map((value) => value / total)
}
