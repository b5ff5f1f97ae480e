import { Fill, type Grid, ScoreObjective } from '@fanlight/contracts'
import { InputError } from '@fanlight/ports'
import { emptyCoalition, fullCoalition, packBits, pixelCentres, spread, tapsAt } from '@fanlight/segments'
import { z } from 'zod'
import type { Answer, AskedQuestion, ExplainContext, Explained, Explainer } from '../explainer.ts'
import { mapShapeOf } from '../map-shape.ts'
import {
  FINEST_SIDE,
  Findings,
  firstProbes,
  gainsOf,
  keptBy,
  LEVELS,
  nextForwards,
  type Shared,
} from '../quad-search.ts'
import { askScores } from '../scores.ts'
import { findTargets } from '../targets.ts'

/** The clean, the empty and the full run, and the first level's. */
const FIRST_FORWARDS = 3 + firstProbes.length

const Params = z.strictObject({
  /** In all, at most; what is asked follows from what was answered. */
  forwards: z.int().min(FIRST_FORWARDS).max(100_000).default(250),
  /** Cells that are quartered at each level, for each target. */
  beam: z.int().min(1).max(256).default(12),
  /** Of |v(full) − v(empty)|: a cell that changes the value by less is not looked into. */
  tolerance: z.number().min(0.001).max(0.5).default(0.02),
  /** What stands where cells are removed: rankings change with it. */
  fill: Fill.default({ kind: 'mean' }),
})
type Params = z.infer<typeof Params>

/**
 * An adaptive search in the spirit of AISE (OpenVINO XAI: adaptive input sampling for explanation), shared by all
 * targets. AISE seeks, box by box and near each box only, where a small window keeps or deletes the score (DIRECT over
 * positions, several window sizes), and adds up the windows weighted by what they did. Here the windows are the cells of
 * a quad-tree over the whole photo, 4 × 4 to 32 × 32: a cell is hidden (deletion), and kept alone (preservation), and
 * only where that changes a target's value are its quarters tried, the greatest changes first. Cells that matter to
 * different targets are tried in one forward. With C the tree's cells around x, one a level,
 *   map(x) = mean over C of ½ [v(full) − v(without C)] + ½ [v(C alone) − v(empty)],
 * each level scaled to the greatest such change; a cell that was not tried counts as the average quarter of the one
 * around it.
 *
 * What a target's map depends on is its own search, unless `forwards` leave no room for all of them. Evidence that is
 * there twice, either of which suffices, is found by neither hiding nor keeping one cell.
 */
export const aise: Explainer<Params> = {
  name: 'aise',
  version: 1,
  summary:
    'adaptive search in the spirit of AISE: hides and keeps ever smaller cells where it matters, for all detections',
  params: Params,
  objectives: ScoreObjective.options,
  withForwards(params, forwards) {
    if (Number.isInteger(forwards) && forwards >= FIRST_FORWARDS) return { ...params, forwards }
    throw new InputError(
      'USAGE',
      `aise cannot work with ${forwards} forwards: give it a whole number, at least ${FIRST_FORWARDS}`,
    )
  },
  /** At most, for one target. */
  cost: ({ forwards, beam }) => Math.min(forwards, FIRST_FORWARDS + 4 * beam * (LEVELS - 1)),
  explain,
}

const grid: Grid = { kind: 'grid', rows: FINEST_SIDE, cols: FINEST_SIDE, edges: 'bilinear' }

function* explain(context: ExplainContext, params: Params): Generator<AskedQuestion, Explained, Answer> {
  const found = yield* findTargets(context)
  const { width, height, targets, targetsCut } = found
  if (targets.length === 0) return { width, height, targetsCut, attributions: [] }
  const ask = (forwards: readonly Shared[], ends: boolean) =>
    askScores(found, {
      segments: grid,
      fill: params.fill,
      coalitions: [
        ...(ends ? [emptyCoalition(grid), fullCoalition(grid)] : []),
        packBits(forwards.map(keptBy), FINEST_SIDE ** 2),
      ],
    })
  const first = firstProbes.map(
    (probe): Shared => ({
      mode: probe.mode,
      probes: [probe],
      tells: targets.map((_, target) => ({ target, probe })),
    }),
  )
  const runs = yield* ask(first, true)
  const ends = runs.map((run) => ({ empty: run[0]!, full: run[1]! }))
  const findings = ends.map(({ empty, full }) => new Findings(params.tolerance * Math.abs(full - empty)))
  const used = targets.map(() => FIRST_FORWARDS)
  const tell = (forwards: readonly Shared[], values: readonly Float32Array[]) =>
    forwards.forEach(({ mode, tells }, i) => {
      for (const { target, probe } of tells) {
        const { empty, full } = ends[target]!
        const value = values[target]![i]!
        findings[target]!.tell(probe, mode === 'hide' ? full - value : value - empty)
      }
    })
  tell(
    first,
    runs.map((run) => run.subarray(2)),
  )
  let room = params.forwards - FIRST_FORWARDS
  for (let level = 0; level < LEVELS - 1; level++) {
    const forwards = nextForwards(findings, level, params.beam, Math.ceil(room / (LEVELS - 1 - level)))
    if (forwards.length === 0) break
    tell(forwards, yield* ask(forwards, false))
    room -= forwards.length
    for (const { tells } of forwards) for (const target of new Set(tells.map((told) => told.target))) used[target]! += 1
  }
  const shape = mapShapeOf(width, height)
  const taps = (cells: number) => tapsAt(pixelCentres(cells), FINEST_SIDE, undefined, 'bilinear')
  const attributions = targets.map(({ target, fullValue }, i) => ({
    target,
    map: { ...shape, data: spread(gainsOf(findings[i]!), FINEST_SIDE, taps(shape.width), taps(shape.height)) },
    forwards: used[i]!,
    fullValue: fullValue ?? ends[i]!.full,
    emptyValue: ends[i]!.empty,
    stability: null,
    priorShare: 0,
  }))
  return { width, height, targetsCut, attributions }
}
