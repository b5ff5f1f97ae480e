import assert from 'node:assert/strict'
import type { Attribution } from '@fanlight/explain'
import { coalitionAt, coalitionCount } from '@fanlight/segments'
import type { Evidence } from './evidence.ts'
import type { Explained, GlassBox } from './glass-box.ts'
import type { Board } from './network.ts'
import { kindNames, kinds, smallBoard, UNIT } from './scenes.ts'
import { shapley } from './truth.ts'

// The games of the small board, and how what a method says of them is held against the truth.

/** Opens a glass box: as a file, or by its formula. */
export type Open = (board: Board, objects: readonly Evidence[]) => GlassBox | Promise<GlassBox>

export interface Check {
  readonly method: string
  readonly run: (open: Open) => Promise<void>
}

/** By what is checked. */
export type Checks = Readonly<Record<string, Check>>

const { rows, cols } = smallBoard
export const players = rows * cols
/** All tiles of the board, as they are. */
export const segmentation = { kind: 'grid', rows, cols, edges: 'hard' } as const
export const objects = kindNames.map((name) => kinds[name])
export const truths = objects.map((object) => shapley(object, players, UNIT))
export const seeds = [1, 2, 3, 4, 5, 6]

export const all = (box: GlassBox, seed = 1) => ({ objects: [...box.objects.keys()], seed })

export const valuesIn = (box: GlassBox, { attributions }: Explained) => attributions.map(({ map }) => box.tileSums(map))

export const halfWidthsIn = (box: GlassBox, { map, interval }: Attribution) =>
  box.tileSums({ ...map, data: interval!.halfWidths })

/** What was asked in all score questions, and answered for each object. */
export function playsIn({ questions, answers }: Explained): { coalitions: Uint8Array[]; values: number[][] } {
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
export async function covers(
  open: Open,
  method: string,
  params: unknown,
  truth: readonly Float64Array[],
): Promise<void> {
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
export async function errsBelow(open: Open, method: string, params: unknown, limit: number): Promise<void> {
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

export function relativeError(values: ArrayLike<number>, truth: Float64Array): number {
  const error = truth.reduce((all, value, j) => all + (values[j]! - value) ** 2, 0)
  return error / dot(truth, truth)
}

export const sum = (values: Float64Array) => values.reduce((all, value) => all + value, 0)

export const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((all, value, i) => all + value * b[i]!, 0)

export function close(seen: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  assert.equal(seen.length, wanted.length)
  for (let i = 0; i < wanted.length; i++) {
    const error = Math.abs(seen[i]! - wanted[i]!)
    assert.ok(error <= tolerance, `${i}: ${seen[i]} is not ${wanted[i]} within ${tolerance}`)
  }
}
