import type { Fill, Grid } from '@fanlight/contracts'
import { coalitionAt, fullCoalition } from '@fanlight/segments'
import { type Asking, askValues } from './asking.ts'
import type { Subject } from './insertion-deletion.ts'
import { evenBounds, resampled } from './resampled.ts'

const CELLS = 16
/** Of a cell being kept: a detection is an AND of its parts, so most subsets are small. */
const PROBABILITIES = [0.95, 0.85, 0.7, 0.5]
const PER_PROBABILITY = 32

/** Forwards for the removals of one photo under one fill: those and the full run. */
export const REMOVAL_FORWARDS = 1 + PROBABILITIES.length * PER_PROBABILITY

/** What a map says was lost when cells were removed, and what was lost; in no unit, and in that of the values. */
export interface Removals {
  readonly claimed: readonly number[]
  readonly lost: readonly number[]
}

/**
 * Removes random subsets of a 16 × 16 grid: the same for all maps of a photo, in one question.
 * @param seed 0..2³² − 1
 * @returns one a subject; null where v(full) is not above 0
 */
export function* randomRemovals(
  subjects: readonly Subject[],
  fill: Fill,
  seed: number,
): Asking<readonly (Removals | null)[]> {
  const segments: Grid = { kind: 'grid', rows: CELLS, cols: CELLS, edges: 'hard' }
  const drawn = PROBABILITIES.map((probability, i) => ({
    kind: 'random' as const,
    count: PER_PROBABILITY,
    first: i * PER_PROBABILITY,
    seed,
    probability,
    shift: false,
  }))
  const targets = subjects.map(({ target }) => target)
  const runs = yield* askValues(targets, { segments, fill, coalitions: [fullCoalition(segments), ...drawn] })
  const kept = Array.from({ length: REMOVAL_FORWARDS - 1 }, (_, i) => coalitionAt(drawn, segments, i).kept)
  const bounds = evenBounds(0, 1, CELLS)
  return subjects.map(({ map }, i) => {
    const run = runs[i]!
    if (!(run[0]! > 0 && run.every(Number.isFinite))) return null
    const cells = resampled(map, bounds, bounds)
    const claimed = kept.map((bits) => cells.reduce((sum, value, cell) => sum + (1 - bits[cell]!) * value, 0))
    return { claimed, lost: Array.from(run.subarray(1), (value) => run[0]! - value) }
  })
}
