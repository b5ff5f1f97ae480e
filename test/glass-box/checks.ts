import assert from 'node:assert/strict'
import type { Attribution } from '@fanlight/explain'
import { logisticGame } from '@fanlight/game'
import { coalitionAt, coalitionCount } from '@fanlight/segments'
import { Matrix } from 'ml-matrix'
import { additive, type Evidence, worthOf } from './evidence.ts'
import type { Explained, GlassBox } from './glass-box.ts'
import { type LimeOptions, limeFit } from './lime-truth.ts'
import { largeBoard, marked, strangely } from './markers.ts'
import type { Board } from './network.ts'
import { expectedRise } from './rise.ts'
import { kindNames, kinds, smallBoard, UNIT } from './scenes.ts'
import { coalitionOf, type Hierarchy, owenValues, shapley } from './truth.ts'

// What is asked of each method, of any glass box: solvers.test.ts asks it of files, mutations.test.ts of the formula.

/** Opens a glass box: as a file, or by its formula. */
export type Open = (board: Board, objects: readonly Evidence[]) => GlassBox | Promise<GlassBox>

interface Check {
  readonly method: string
  readonly run: (open: Open) => Promise<void>
}

const { rows, cols } = smallBoard
const players = rows * cols
/** All tiles of the board, as they are. */
const segmentation = { kind: 'grid', rows, cols, edges: 'hard' } as const
const objects = kindNames.map((name) => kinds[name])
const truths = objects.map((object) => shapley(object, players, UNIT))
const seeds = [1, 2, 3, 4, 5, 6]
export const markedObjects = [...marked, ...strangely].map(({ evidence }) => evidence)

export const checks: Readonly<Record<string, Check>> = {
  'kernel-shap is exact where all coalitions are asked': {
    method: 'kernel-shap',
    async run(open) {
      const box = await open(smallBoard, objects)
      const explained = await box.explain('kernel-shap', { segmentation, coalitions: 2 ** players }, all(box))
      for (const [object, values] of valuesIn(box, explained).entries()) {
        close(values, truths[object]!, 1e-6)
        close(halfWidthsIn(box, explained.attributions[object]!), new Float64Array(players), 1e-9)
      }
    },
  },
  'kernel-shap covers the truth as often as it says': {
    method: 'kernel-shap',
    run: (open) => covers(open, 'kernel-shap', { segmentation, coalitions: 200 }, truths),
  },
  'kernel-shap errs as little as paired leverage samples do': {
    method: 'kernel-shap',
    run: (open) => errsBelow(open, 'kernel-shap', { segmentation, coalitions: 200 }, 0.016),
  },
  'shapley-permutation covers the truth as often as it says': {
    method: 'shapley-permutation',
    run: (open) => covers(open, 'shapley-permutation', { segmentation, coalitions: 660 }, truths),
  },
  'shapley-permutation errs as little as antithetic orders do': {
    method: 'shapley-permutation',
    run: (open) => errsBelow(open, 'shapley-permutation', { segmentation, coalitions: 660 }, 0.013),
  },
  'owen gives each half its due, down to the tiles': { method: 'owen', run: owenIsItsTruth },
  'lime is its weighted ridge over the coalitions that it asked': { method: 'lime', run: limeIsItsRidge },
  'lime says what an additive object is made of': { method: 'lime', run: limeOfAdditive },
  'lime covers the fit over all coalitions as often as it says': {
    method: 'lime',
    run: (open) => {
      const every = Array.from({ length: 2 ** players }, (_, code) => coalitionOf(code, players))
      const fits = objects.map((object) =>
        limeFit(
          every,
          every.map((z) => worthOf(object, z)),
          wideLime,
        ),
      )
      return covers(open, 'lime', { segmentation, samples: 600, ...wideLime }, fits)
    },
  },
  'drise shows the covariance of score and mask that its masks have by design': { method: 'drise', run: riseExpects },
  'aise ranks tiles by what they are worth': { method: 'aise', run: aiseRanks },
  'focus finds what a marker outside the box is worth': {
    method: 'focus',
    async run(open) {
      const box = await open(largeBoard, markedObjects)
      for (const object of [2, 13, 15]) await markerFound(box, object)
    },
  },
  'the game behind focus has the Shapley values of what it was fitted to': { method: 'focus', run: logisticIsShapley },
}

/** Halved across its longer side again and again, a board of three rows by four columns, the smaller part first. */
const halves: Hierarchy = [
  [
    [0, 1],
    [
      [4, 8],
      [5, 9],
    ],
  ],
  [
    [2, 3],
    [
      [6, 10],
      [7, 11],
    ],
  ],
]

async function owenIsItsTruth(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const explained = await box.explain('owen', { segmentation, coalitions: 1000 }, all(box))
  for (const [object, values] of valuesIn(box, explained).entries())
    close(
      values,
      owenValues((z) => worthOf(objects[object]!, z), halves, players),
      1e-6,
    )
}

/** All coalitions count enough for a sample to have met those that matter. */
const wideLime: LimeOptions = { kernelWidth: 0.75, ridge: 0 }

async function limeIsItsRidge(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const options = { kernelWidth: 0.25, ridge: 1 }
  const explained = await box.explain('lime', { segmentation, samples: 400, ...options }, all(box))
  const { coalitions, values } = playsIn(explained)
  const full = coalitions.findIndex((z) => z.every((one) => one === 1))
  // The empty run is asked for, and is no sample.
  const samples = [...coalitions.keys()].filter((i) => i === full || i > 1)
  for (const [object, seen] of valuesIn(box, explained).entries()) {
    const plays = samples.map((i) => values[object]![i]!)
    close(
      seen,
      limeFit(
        samples.map((i) => coalitions[i]!),
        plays,
        options,
      ),
      1e-5,
    )
  }
}

async function limeOfAdditive(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const explained = await box.explain('lime', { segmentation, samples: 200, ridge: 0 }, { objects: [0] })
  close(valuesIn(box, explained)[0]!, truths[0]!, 1e-5)
  assert.ok(explained.attributions[0]!.fit!.r2! > 1 - 1e-6)
}

async function riseExpects(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const [masks, grid, p] = [6000, 4, 0.4]
  const { attributions } = await box.explain('drise', { masks, grid, probability: p }, { objects: [0] })
  const { map } = attributions[0]!
  const wanted = expectedRise(kinds.additive, smallBoard, map, { grid, p })
  const slope = dot(map.data, wanted) / dot(wanted, wanted)
  assert.ok(Math.abs(slope - 1) < 0.05, `${slope} times what was expected`)
  assert.ok(relativeError(map.data, wanted) < 0.01)
}

/** Far enough from each other that cells of the search's first level hold one each; strongest first. */
const apart = [
  [27, 5],
  [6, 3],
  [48, 2],
  [53, 1],
  [9, -2],
] as const
const apartWeights = Array.from({ length: largeBoard.rows * largeBoard.cols }, (_, tile) =>
  apart.reduce((sum, [at, weight]) => (at === tile ? weight : sum), 0),
)
const apartObjects: readonly Evidence[] = [
  { box: [2, 2, 5, 5], bias: 0.2, terms: additive(apartWeights.map((weight) => weight / 20)), link: 'none' },
  { box: [2, 2, 5, 5], bias: -3, terms: additive(apartWeights.map((weight) => weight / 2)), link: 'sigmoid' },
]

async function aiseRanks(open: Open): Promise<void> {
  const box = await open(largeBoard, apartObjects)
  const explained = await box.explain('aise', {}, all(box))
  for (const sums of valuesIn(box, explained)) {
    const ranking = Array.from(sums.keys()).sort((a, b) => sums[b]! - sums[a]!)
    assert.equal(ranking.at(0), apart[0][0])
    assert.equal(ranking.at(-1), apart[4][0])
    const seen = ranking.filter((tile) => apartWeights[tile] !== 0)
    assert.deepEqual(
      seen,
      apart.map(([tile]) => tile),
    )
  }
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

const all = (box: GlassBox, seed = 1) => ({ objects: [...box.objects.keys()], seed })

const valuesIn = (box: GlassBox, { attributions }: Explained) => attributions.map(({ map }) => box.tileSums(map))

const halfWidthsIn = (box: GlassBox, { map, interval }: Attribution) =>
  box.tileSums({ ...map, data: interval!.halfWidths })

/** What was asked in all score questions, and answered for each object. */
function playsIn({ questions, answers }: Explained): { coalitions: Uint8Array[]; values: number[][] } {
  const coalitions: Uint8Array[] = []
  const values: number[][] = objects.map(() => [])
  for (const [i, question] of questions.entries()) {
    const answer = answers[i]!
    if (question.kind !== 'score' || answer.kind !== 'score') continue
    const count = coalitionCount(question.coalitions)
    for (let k = 0; k < count; k++) coalitions.push(coalitionAt(question.coalitions, question.segments, k).kept)
    for (const [object, of] of values.entries())
      of.push(...answer.values.subarray(object * count, (object + 1) * count))
  }
  return { coalitions, values }
}

/** Intervals of level .9 over tiles, objects and seeds; rounding of float32 is no miss. */
async function covers(open: Open, method: string, params: unknown, truth: readonly Float64Array[]): Promise<void> {
  const box = await open(smallBoard, objects)
  let [covered, intervals] = [0, 0]
  for (const seed of seeds) {
    const explained = await box.explain(method, params, all(box, seed))
    for (const [object, values] of valuesIn(box, explained).entries()) {
      const attribution = explained.attributions[object]!
      assert.equal(attribution.interval!.level, 0.9)
      const halfWidths = halfWidthsIn(box, attribution)
      for (const [j, value] of values.entries()) {
        // Where nothing varies the interval is a point, and rounding is no miss.
        if (halfWidths[j]! < 1e-5) {
          assert.ok(Math.abs(value - truth[object]![j]!) < 1e-5, `${value} of ${truth[object]![j]}, and sure of it`)
          continue
        }
        intervals++
        if (Math.abs(value - truth[object]![j]!) <= halfWidths[j]!) covered++
      }
    }
  }
  const share = covered / intervals
  assert.ok(share > 0.84 && share < 0.97, `${covered} of ${intervals} intervals hold the truth: ${share}`)
}

/** Mean over seeds and objects of Σ (φ̂ − φ)² ÷ Σ φ². */
async function errsBelow(open: Open, method: string, params: unknown, limit: number): Promise<void> {
  const box = await open(smallBoard, objects)
  let mean = 0
  for (const seed of seeds) {
    const explained = await box.explain(method, params, all(box, seed))
    for (const [object, values] of valuesIn(box, explained).entries()) {
      const truth = truths[object]!
      assert.ok(Math.abs(sum(values) - sum(truth)) < 1e-5, 'values that do not add up')
      mean += relativeError(values, truth) / seeds.length / truths.length
    }
  }
  assert.ok(mean < limit, `a relative squared error of ${mean}`)
}

function relativeError(values: ArrayLike<number>, truth: Float64Array): number {
  const error = truth.reduce((all, value, j) => all + (values[j]! - value) ** 2, 0)
  return error / dot(truth, truth)
}

const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0)

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((all, value, i) => all + value * b[i]!, 0)

function close(seen: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  assert.equal(seen.length, wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(seen[i]! - wanted[i]!)
    assert.ok(error <= tolerance, `${i}: ${seen[i]} is not ${wanted[i]} within ${tolerance}`)
  }
}
