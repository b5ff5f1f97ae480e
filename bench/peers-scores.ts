import type { Fill } from '@fanlight/contracts'
import { areaUnder, type CellMap, correlation, evenBounds, insertionDeletion, resampled } from '@fanlight/evaluate'
import { askModel, type Sessions } from './explain-photo.ts'
import { GREY, type Shown } from './peers-contenders.ts'
import { cellSums, type Reference, relativeError } from './quality-reference.ts'

/** What one map of one target is worth; null where it could not be measured. */
export interface Scores {
  /** Insertion − deletion, under the fill that all methods worked with, and under one that none knew. */
  readonly known: number | null
  readonly unknown: number | null
  /** Of reference A (bench/quality): ‖φ̂ − φ‖² ÷ ‖φ‖², and what does not depend on the map's zero and scale. */
  readonly error: number
  readonly likeness: number | null
}

/** Cells along the longer side of the photo: of all maps the same, whatever the size in which they came. */
const CELLS = 64
const STEPS = 64
const BLUR: Fill = { kind: 'blur', sigma: 0.05 }

export async function scoreMap(
  sessions: Sessions,
  { shown, target, map, reference }: { shown: Shown; target: number; map: CellMap; reference: Reference },
): Promise<Scores> {
  const same = commonMap(map, shown)
  const cells = cellSums(same)
  const gain = (fill: Fill) => insertionMinusDeletion(sessions, { shown, target, map: same, fill })
  return {
    known: await gain(GREY),
    unknown: await gain(BLUR),
    error: relativeError(cells, reference),
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
}

async function insertionMinusDeletion(sessions: Sessions, { shown, target, map, fill }: Gain): Promise<number | null> {
  const subject = { target: shown.targets[target]!, map, image: shown }
  const asking = insertionDeletion(subject, fill, STEPS)
  let step = asking.next()
  while (!step.done) {
    const { answer } = await askModel(sessions, shown.image, step.value)
    step = asking.next(answer)
  }
  return step.value && areaUnder(step.value.insertion) - areaUnder(step.value.deletion)
}
