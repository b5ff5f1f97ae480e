import assert from 'node:assert/strict'
import { logisticGame } from '@fanlight/game'
import { Matrix } from 'ml-matrix'
import { worthOf } from './evidence.ts'
import type { GlassBox } from './glass-box.ts'
import { largeBoard, marked, strangely } from './markers.ts'
import { kindNames, kinds } from './scenes.ts'
import { type Checks, players, relativeError, seeds, sum, truths } from './small-games.ts'
import { coalitionOf } from './truth.ts'

export const markedObjects = [...marked, ...strangely].map(({ evidence }) => evidence)

export const focusChecks: Checks = {
  'focus finds what a marker outside the box is worth': {
    method: 'focus',
    async run(open) {
      const box = await open(largeBoard, markedObjects)
      for (const object of [2, 13, 15]) await markerFound(box, object)
    },
  },
  'the game behind focus has the Shapley values of what it was fitted to': { method: 'focus', run: logisticIsShapley },
}

/**
 * A marker's share of the evidence as `focus` sees it at its default budget, within 20 % of the truth: in the median of
 * seeds, since a photo is explained once, but one draw of 148 coalitions is no method.
 * @param beside objects that are explained together with it
 * @returns it
 */
export async function markerFound(box: GlassBox, object: number, beside: readonly number[] = []): Promise<number> {
  const { marker, share } = [...marked, ...strangely][object]!
  const found: number[] = []
  for (const seed of seeds.slice(0, 3)) {
    const { attributions } = await box.explain('focus', {}, { objects: [object, ...beside], seed })
    const { map, fullValue, emptyValue } = attributions[0]!
    const sums = box.tileSums(map)
    assert.ok(Math.abs(sum(sums) - (fullValue! - emptyValue!)) < 1e-4, 'a map that does not add up')
    found.push(around(marker).reduce((all, tile) => all + sums[tile]!, 0) / sum(sums))
  }
  const median = found.toSorted((a, b) => a - b)[found.length >> 1]!
  assert.ok(Math.abs(median - share) <= 0.2 * share, `${found.map((each) => each.toFixed(4))} of ${share.toFixed(4)}`)
  return median
}

/** A marker's tile and those that touch it, which hold nothing else: maps of `focus` are smooth, and reach over edges. */
function around(marker: number): number[] {
  const { rows, cols } = largeBoard
  const [row, column] = [Math.floor(marker / cols), marker % cols]
  const near = (at: number, side: number) => [at - 1, at, at + 1].filter((place) => place >= 0 && place < side)
  return near(row, rows).flatMap((y) => near(column, cols).map((x) => y * cols + x))
}

/** The sigmoid object is one of the games that `logisticGame` can fit: with a prior that says nothing, it must. */
async function logisticIsShapley(): Promise<void> {
  const [index, object] = [kindNames.indexOf('sigmoid'), kinds.sigmoid]
  const coalitions = Array.from({ length: 300 }, (_, i) => coalitionOf(1 + 13 * i, players))
  const ends = { empty: worthOf(object, coalitionOf(0, players)), full: worthOf(object, coalitionOf(-1, players)) }
  const covariance = Matrix.eye(players).mul(3 ** 2)
  const { values } = logisticGame({ coalitions, values: coalitions.map((z) => worthOf(object, z)) }, ends, {
    ceiling: 1 / ends.full,
    noise: () => 1e-3 ** 2,
    intercept: { mean: 0, deviation: 10 },
    weights: new Float64Array(players),
    covariance,
    pairs: { players: 0, deviation: () => 0 },
    surprised: 0,
  })
  const error = relativeError(values, truths[index]!)
  assert.ok(error < 2e-3, `a relative squared error of ${error}`)
}
