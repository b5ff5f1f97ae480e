import { type Box, type Fill, MAX_GRID_CELLS } from '@fanlight/contracts'
import { type Asked, type Asking, LEAST_VALUE } from './asking.ts'
import { levelPrefixes } from './average-drop.ts'
import type { CellMap, ImageSize } from './map.ts'
import { askPrefixes, type RankedCells, ranking } from './prefixes.ts'
import { evenBounds, resampled } from './resampled.ts'

/** A map, and what it claims to explain. */
export interface Subject {
  readonly target: Asked
  readonly map: CellMap
  readonly image: ImageSize
}

/** Value ÷ v(full) by how many of the strongest cells are kept (insertion) or removed (deletion), from none to all. */
export interface Curves {
  readonly insertion: readonly number[]
  readonly deletion: readonly number[]
}

/** Cells a side that a box is divided into: as fine as the map of a box that fills 3/8 of the photo. */
const BOX_CELLS = 24
/** Nearer to the photo's border, in shares of its side, there is no cell between the border and the box. */
const BORDER = 1e-6

/**
 * Area under a curve over equal steps, by trapezoids: 0 where nothing of the score is seen, 1 where all of it always
 * is. What lies below 0 counts as 0; above 1 nothing is cut, since removing what speaks against a target may help it.
 */
export function areaUnder(curve: readonly number[]): number {
  const height = (i: number) => Math.max(0, curve[i]!)
  let sum = 0
  for (let i = 1; i < curve.length; i++) sum += (height(i - 1) + height(i)) / 2
  return sum / (curve.length - 1)
}

/**
 * Insertion and deletion (Petsiuk et al., RISE, BMVC 2018) over the whole photo, and the values of the map's level sets
 * (`levelPrefixes`), in one question. Cells are taken in `steps` bins of equal area (fewer where there are fewer
 * cells), of equal cells the first in row-major order. Both curves share their ends: v(empty) and v(full).
 * @returns null where v(full) is below `LEAST_VALUE`: there is no score to lose
 */
export function* insertionDeletion(
  { target, map }: Subject,
  fill: Fill,
  steps: number,
): Asking<(Curves & { readonly levels: readonly number[] }) | null> {
  const [cols, rows] = [Math.min(map.width, MAX_GRID_CELLS), Math.min(map.height, MAX_GRID_CELLS)]
  const values = resampled(map, evenBounds(0, 1, cols), evenBounds(0, 1, rows))
  return yield* askCurves(target, fill, steps, {
    cells: { raster: { rows, cols }, order: ranking(values) },
    levels: levelPrefixes(values),
  })
}

/**
 * The same within the target's box, of which only the part inside the photo counts: insertion starts from the photo
 * without its box, deletion from the whole photo. The box is divided into 24 × 24 cells, which get the map's mean.
 * @returns null where v(full) is below `LEAST_VALUE`, or the box has no area in the photo
 */
export function* insertionDeletionInBox(
  { target, map, image }: Subject,
  fill: Fill,
  steps: number,
): Asking<Curves | null> {
  const cells = boxCells(target.box, map, image)
  return cells ? yield* askCurves(target, fill, steps, { cells, levels: [] }) : null
}

function* askCurves(
  target: Asked,
  fill: Fill,
  steps: number,
  { cells, levels }: { cells: RankedCells; levels: readonly number[] },
): Asking<(Curves & { readonly levels: readonly number[] }) | null> {
  const all = cells.order.length
  const bins = Math.min(steps, all)
  const lengths = Array.from({ length: bins + 1 }, (_, bin) => Math.floor((bin * all) / bins))
  const asked = yield* askPrefixes(target, fill, cells, {
    kept: [...lengths, ...levels],
    removed: lengths.slice(1, -1),
  })
  const kept = asked.kept.slice(0, lengths.length)
  const [empty, full] = [kept[0]!, kept.at(-1)!]
  if (!(full >= LEAST_VALUE && [...asked.kept, ...asked.removed].every(Number.isFinite))) return null
  const ofFull = (values: readonly number[]) => values.map((value) => value / full)
  return {
    insertion: ofFull(kept),
    deletion: ofFull([full, ...asked.removed, empty]),
    levels: ofFull(asked.kept.slice(lengths.length)),
  }
}

function boxCells([x1, y1, x2, y2]: Box, map: CellMap, image: ImageSize): RankedCells | null {
  const [across, down] = [divided(x1 / image.width, x2 / image.width), divided(y1 / image.height, y2 / image.height)]
  if (!across || !down) return null
  const values = resampled(map, across.inside, down.inside)
  const cols = across.bounds.length - 1
  const cellAt = (inside: number) =>
    (down.before + Math.floor(inside / BOX_CELLS)) * cols + across.before + (inside % BOX_CELLS)
  return {
    raster: { rows: down.bounds.length - 1, cols, x: [...across.bounds], y: [...down.bounds] },
    order: ranking(values).map(cellAt),
  }
}

/** A side of the photo in cells: those of the box, and one before and one after it where there is room. */
function divided(from: number, to: number) {
  const [low, high] = [from > BORDER ? from : 0, to < 1 - BORDER ? to : 1]
  if (!(high - low > BORDER)) return null
  const inside = evenBounds(low, high, BOX_CELLS)
  const before = low > 0 ? 1 : 0
  return { inside, before, bounds: [...(before ? [0] : []), ...inside, ...(high < 1 ? [1] : [])] }
}
