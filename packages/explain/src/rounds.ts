import type { CoalitionSet, Grid, ScoreQuestion } from '@fanlight/contracts'
import type { Hidden } from '@fanlight/evaluate'
import { type Coalition, roundsOf } from '@fanlight/game'
import { coalitionAt, segmentCount, segmentsOf } from '@fanlight/segments'
import type { Answer } from './explainer.ts'
import { askScores } from './scores.ts'
import type { Found } from './targets.ts'

export type RandomSet = Extract<CoalitionSet, { kind: 'random' }>

interface Sampling extends Pick<Hidden, 'segments' | 'fill'> {
  /** Asked once, with the first round. */
  readonly fixed: readonly CoalitionSet[]
  /** As many of these as it takes, all of them at most. */
  readonly random: RandomSet
  /** Whether to look before all have been asked: one question otherwise. */
  readonly inRounds: boolean
}

/**
 * Asks for random coalitions round by round, until it is enough or there are no more.
 * @param look at the values of each target so far, over the fixed coalitions and then the random ones, of which there
 * are `count`: true when that is enough
 */
export function* askRounds(
  found: Found,
  { fixed, random, inRounds, ...hidden }: Sampling,
  look: (values: readonly Float32Array[], count: number) => boolean,
): Generator<ScoreQuestion, void, Answer> {
  let values: readonly Float32Array[] = found.targets.map(() => new Float32Array(0))
  let count = 0
  for (const size of inRounds ? roundsOf(random.count) : [random.count]) {
    const part = { ...random, first: random.first + count, count: size }
    const runs = yield* askScores(found, { ...hidden, coalitions: count === 0 ? [...fixed, part] : [part] })
    values = values.map((before, i) => joined(before, runs[i]!))
    count += size
    if (look(values, count)) return
  }
}

function joined(before: Float32Array, after: Float32Array): Float32Array {
  const all = new Float32Array(before.length + after.length)
  all.set(before)
  all.set(after, before.length)
  return all
}

/** The first `count` rows of an unshifted set, one number a segment; a segment without cells takes no part. */
export function playersOf(random: RandomSet, grid: Grid, count: number): Coalition[] {
  const cells = new Int32Array(segmentCount(grid)).fill(-1)
  segmentsOf(grid).forEach((segment, cell) => {
    cells[segment] = cell
  })
  return Array.from({ length: count }, (_, i) => {
    const { kept } = coalitionAt([random], grid, i)
    return Uint8Array.from(cells, (cell) => (cell < 0 ? 0 : kept[cell]!))
  })
}
