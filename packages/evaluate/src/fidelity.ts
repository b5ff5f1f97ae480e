import type { Fill, Grid } from '@fanlight/contracts'
import { fullCoalition, packBits } from '@fanlight/segments'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { type Asking, askValues, LEAST_VALUE } from './asking.ts'
import type { Subject } from './insertion-deletion.ts'
import { evenBounds, resampled } from './resampled.ts'

const CELLS = 16
/** How many cells are removed at a time: a detection is an AND of its parts, so most subsets are small. */
const SIZES = [8, 16, 32, 64]
const PER_SIZE = 32

/** Forwards for the removals of one photo under one fill: those and the full run. */
export const REMOVAL_FORWARDS = 1 + SIZES.length * PER_SIZE

/** Removals of as many cells each: what a map says was lost by each, in its own unit, and what of the score was. */
export interface Removals {
  readonly claimed: readonly number[]
  readonly lost: readonly number[]
}

/**
 * Removes random subsets of a 16 × 16 grid, of four sizes: the same for all maps of a photo, in one question.
 * @param seed 0..2³² − 1
 * @returns by subject, then by size; null where v(full) is below `LEAST_VALUE`
 */
export function* randomRemovals(
  subjects: readonly Subject[],
  fill: Fill,
  seed: number,
): Asking<readonly (readonly Removals[] | null)[]> {
  const segments: Grid = { kind: 'grid', rows: CELLS, cols: CELLS, edges: 'hard' }
  const kept = drawnSubsets(seed)
  const targets = subjects.map(({ target }) => target)
  const coalitions = [fullCoalition(segments), packBits(kept, CELLS ** 2)]
  const runs = yield* askValues(targets, { segments, fill, coalitions })
  const bounds = evenBounds(0, 1, CELLS)
  return subjects.map(({ map }, i) => {
    const [full, ...values] = runs[i]!
    if (!(full! >= LEAST_VALUE && runs[i]!.every(Number.isFinite))) return null
    const cells = resampled(map, bounds, bounds)
    const claimed = kept.map((bits) => cells.reduce((sum, value, cell) => sum + (1 - bits[cell]!) * value, 0))
    const lost = values.map((value) => full! - value)
    const ofSize = <T>(list: readonly T[], size: number) => list.slice(size * PER_SIZE, (size + 1) * PER_SIZE)
    return SIZES.map((_, size) => ({ claimed: ofSize(claimed, size), lost: ofSize(lost, size) }))
  })
}

/** What each removal keeps: uniform subsets, size by size. */
function drawnSubsets(seed: number): readonly Uint8Array[] {
  const random = xoroshiro128plus(seed)
  return SIZES.flatMap((size) =>
    Array.from({ length: PER_SIZE }, () => {
      const cells = Array.from({ length: CELLS ** 2 }, (_, cell) => cell)
      const kept = new Uint8Array(CELLS ** 2).fill(1)
      // The first steps of a Fisher–Yates shuffle.
      for (let i = 0; i < size; i++) {
        const at = uniformInt(random, i, cells.length - 1)
        kept[cells[at]!] = 0
        cells[at] = cells[i]!
      }
      return kept
    }),
  )
}
