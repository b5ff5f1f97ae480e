import type { Fill } from '@fanlight/contracts'
import { areaUnder, type CellMap, correlation, evenBounds, insertionDeletion, resampled } from '@fanlight/evaluate'
import { askModel, type Sessions } from './explain-photo.ts'
import { GREY, type Shown } from './peers-contenders.ts'
import type { Scores } from './peers-result.ts'
import { cellSums, type Reference, relativeError } from './quality-reference.ts'

/** A map of one target, and what its cells should add up to. */
export interface Judged {
  readonly shown: Shown
  readonly target: number
  readonly map: CellMap
  readonly reference: Reference
}

/** Cells along the longer side of the photo: of all maps the same, whatever the size in which they came. */
const CELLS = 64
const BLUR: Fill = { kind: 'blur', sigma: 0.05 }

/** @param steps of insertion and of deletion */
export async function scoreMap(sessions: Sessions, judged: Judged, steps: number): Promise<Scores> {
  const { shown, target, reference } = judged
  const map = commonMap(judged.map, shown)
  const cells = cellSums(map)
  const gain = (fill: Fill) => insertionMinusDeletion(sessions, { shown, target, map, fill, steps })
  const [known, unknown] = await Promise.all([gain(GREY), gain(BLUR)])
  const error = relativeError(cells, reference)
  // A map of zeros claims nothing.
  return {
    known,
    unknown,
    error: Number.isFinite(error) ? error : null,
    likeness: correlation(cells, reference.values),
  }
}

/** Of the maps of one target from two seeds. */
export const seedToSeed = (shown: Shown, one: CellMap, other: CellMap): number | null =>
  correlation(commonMap(one, shown).data, commonMap(other, shown).data)

/** @param size of the photo, in pixels */
export function commonMap(map: CellMap, { width, height }: Pick<Shown, 'width' | 'height'>): CellMap {
  const cells = (side: number) => Math.max(1, Math.round((side * CELLS) / Math.max(width, height)))
  const [cols, rows] = [cells(width), cells(height)]
  if (map.width === cols && map.height === rows) return map
  return { width: cols, height: rows, data: resampled(map, evenBounds(0, 1, cols), evenBounds(0, 1, rows)) }
}

interface Gain {
  readonly shown: Shown
  readonly target: number
  readonly map: CellMap
  readonly fill: Fill
  readonly steps: number
}

async function insertionMinusDeletion(sessions: Sessions, { shown, target, map, fill, steps }: Gain) {
  const subject = { target: shown.targets[target]!, map, image: shown }
  const asking = insertionDeletion(subject, fill, steps)
  let step = asking.next()
  while (!step.done) {
    const { answer } = await askModel(sessions, shown.image, step.value)
    step = asking.next(answer)
  }
  return step.value && areaUnder(step.value.insertion) - areaUnder(step.value.deletion)
}
