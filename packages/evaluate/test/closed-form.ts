import { type Fill, forwardsOf, ScoreQuestion } from '@fanlight/contracts'
import { coalitionAt, maskAt } from '@fanlight/segments'
import type { Asking, Subject } from '../src/index.ts'

export const image = { width: 400, height: 400 }
export const box = [100, 100, 300, 300] as [number, number, number, number]
export const grey: Fill = { kind: 'constant', rgb: [114, 114, 114] }

/** Pixels a side of the photo that the detectors of these tests look at. */
export const RASTER = 48

/** What a detector makes of the kept shares of a RASTER × RASTER photo. */
export type Detector = (kept: Float32Array) => number

/** Answers every question of a generator by a detector whose answers are known. */
export function answered<T>(asking: Asking<T>, detector: Detector): { measured: T; questions: ScoreQuestion[] } {
  const questions: ScoreQuestion[] = []
  let step = asking.next()
  while (!step.done) {
    const question = ScoreQuestion.parse(step.value)
    questions.push(question)
    const { coalitions, segments, targets, objectives } = question
    const each = Array.from({ length: forwardsOf(question) }, (_, i) =>
      detector(maskAt(coalitionAt(coalitions, segments, i), segments, RASTER, RASTER)),
    )
    const rows = Array.from({ length: targets.length * objectives.length }, () => each)
    step = asking.next({ kind: 'score', values: Float32Array.from(rows.flat()) })
  }
  return { measured: step.value, questions }
}

/** A map of RASTER × RASTER cells by the centre of each, in shares of the photo. */
export function subject(valueAt: (x: number, y: number) => number): Subject {
  const side = RASTER
  const data = Float32Array.from({ length: side ** 2 }, (_, i) =>
    valueAt(((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side),
  )
  return { target: { box, class: 0, objective: 'score' }, map: { width: side, height: side, data }, image }
}

/** A detector that adds up what it sees of the box, of which each pixel is worth the same: v(full) = ½. */
export const additive: Detector = (kept) => {
  let sum = 0
  forEachPixel((x, y, i) => {
    if (inBox(x, y)) sum += kept[i]!
  })
  return (0.5 * sum) / (RASTER / 2) ** 2
}

export const inBox = (x: number, y: number) => Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) < 0.25

export function forEachPixel(see: (x: number, y: number, i: number) => void): void {
  for (let i = 0; i < RASTER ** 2; i++) see(((i % RASTER) + 0.5) / RASTER, (Math.floor(i / RASTER) + 0.5) / RASTER, i)
}

/** Noise of −1..1 that looks like none, the same every time. */
export const noise = (i: number) => ((Math.imul(i + 1, 0x9e3779b9) ^ Math.imul(i + 7, 0x85ebca6b)) >>> 8) / 2 ** 23 - 1
