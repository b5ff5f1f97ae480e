import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardsOf } from '@fanlight/contracts'
import { coalitionAt, maskAt } from '@fanlight/segments'
import { areaUnder, insertionDeletion, insertionDeletionInBox } from '../src/index.ts'
import { additive, answered, type Detector, grey, image, inBox, noise, RASTER, subject } from './closed-form.ts'

const STEPS = 64
const near = (a: number, b: number, by = 1e-6) => assert.ok(Math.abs(a - b) < by, `${a} is not ${b}`)

function areas(valueAt: (x: number, y: number) => number, detector: Detector, steps = STEPS) {
  const { measured } = answered(insertionDeletion(subject(valueAt), grey, steps), detector)
  assert.ok(measured)
  return [areaUnder(measured.insertion), areaUnder(measured.deletion)] as const
}

const perfect = (x: number, y: number) => (inBox(x, y) ? 1 : 0)

test('the areas of a perfect map of a quarter of the photo are 1 − 1/8 and 1/8', () => {
  // Insertion rises in a line until a quarter of the photo is kept, then stays at 1: 1 − ½ · ¼.
  const [insertion, deletion] = areas(perfect, additive)
  near(insertion, 7 / 8)
  near(deletion, 1 / 8)
})

test('a map turned around swaps the areas', () => {
  const [insertion, deletion] = areas((x, y) => -perfect(x, y), additive)
  near(insertion, 1 / 8)
  near(deletion, 7 / 8)
})

test('a map of noise has the areas of the diagonal', () => {
  for (const area of areas((x, y) => noise(Math.floor(x * RASTER) + RASTER * Math.floor(y * RASTER)), additive))
    near(area, 0.5, 0.03)
})

test('an AND of four points that the map knows is whole after one bin, and gone after one', () => {
  const points = [0.3, 0.7].flatMap((x) => [0.3, 0.7].map((y) => [x, y] as const))
  const all: Detector = (kept) =>
    points.reduce((v, [x, y]) => v * kept[Math.floor(y * RASTER) * RASTER + Math.floor(x * RASTER)]!, 0.8)
  const here = (x: number, y: number) => Number(points.some((at) => Math.hypot(at[0] - x, at[1] - y) < 0.03))
  const [insertion, deletion] = areas(here, all)
  near(insertion, 1 - 1 / (2 * STEPS))
  near(deletion, 1 / (2 * STEPS))
})

test('a curve goes from nothing to all in equal steps, in as many bins as there are cells at most', () => {
  const { measured } = answered(insertionDeletion(subject(perfect), grey, 8), additive)
  const ramp = [0, 0.5, 1, 1, 1, 1, 1, 1, 1]
  assert.deepEqual([measured?.insertion, measured?.deletion], [ramp, ramp.map((value) => 1 - value)])
  const tiny = { ...subject(perfect), map: { width: 2, height: 1, data: Float32Array.of(0, 1) } }
  assert.deepEqual(answered(insertionDeletion(tiny, grey, 64), additive).measured?.insertion, [0, 0.5, 1])
})

test('one question of two rows a step and the level sets measures a map, its masks in a few bytes', () => {
  const { questions } = answered(
    insertionDeletion(
      subject((x, y) => x + 2 * y),
      grey,
      STEPS,
    ),
    additive,
  )
  assert.deepEqual(questions.map(forwardsOf), [2 * STEPS + 8])
  const [{ coalitions }] = questions as [(typeof questions)[number]]
  assert.ok(coalitions[0]!.kind === 'bits' && coalitions[0]!.bits.length < 2000)
})

test('of equal cells the first are taken first: a map of zeros uncovers the photo from the top', () => {
  const { questions } = answered(
    insertionDeletion(
      subject(() => 0),
      grey,
      4,
    ),
    additive,
  )
  const [{ coalitions, segments }] = questions as [(typeof questions)[number]]
  const mask = maskAt(coalitionAt(coalitions, segments, 1), segments, 4, 4)
  assert.deepEqual([...mask], [1, 1, 1, 1, ...Array<number>(12).fill(0)])
})

test('a map finer than a grid may be is measured on its means', () => {
  const side = 300
  const data = Float32Array.from({ length: side ** 2 }, (_, i) =>
    perfect(((i % side) + 0.5) / side, (Math.floor(i / side) + 0.5) / side),
  )
  const fine = { ...subject(perfect), map: { width: side, height: side, data } }
  const { measured, questions } = answered(insertionDeletion(fine, grey, STEPS), additive)
  assert.deepEqual([questions[0]!.segments.rows, questions[0]!.segments.cols], [128, 128])
  near(areaUnder(measured!.insertion), 7 / 8, 5e-3)
})

/** v(full) = .005, and a blow-up elsewhere that would be a hundredfold of it. */
const hardly: Detector = (kept) => (kept.every((value) => value === 1) ? 0.005 : 0.5)

test('without a score to lose there is nothing to measure', () => {
  for (const detector of [() => 0, () => -1, hardly, () => Number.NaN, () => Number.POSITIVE_INFINITY]) {
    assert.equal(answered(insertionDeletion(subject(perfect), grey, 8), detector).measured, null)
    assert.equal(answered(insertionDeletionInBox(subject(perfect), grey, 8), detector).measured, null)
  }
})

test('in the box all else is kept: only the order within it counts', () => {
  // The left half of the box is all that matters, and 0.1 that stands outside.
  const leftHalf: Detector = (kept) => {
    let seen = 0
    for (let row = 0; row < RASTER; row++)
      for (let column = 0; column < RASTER; column++)
        if (inBox((column + 0.5) / RASTER, (row + 0.5) / RASTER) && column < RASTER / 2)
          seen += kept[row * RASTER + column]!
    return 0.1 * kept[0]! + (0.9 * seen) / (RASTER ** 2 / 8)
  }
  // What it says of the rest of the photo is all wrong.
  const left = (x: number, y: number) => (inBox(x, y) ? Number(x < 0.5) : 5)
  const { measured } = answered(insertionDeletionInBox(subject(left), grey, STEPS), leftHalf)
  // From 0.1, in a line to 1 at half of the cells.
  near(areaUnder(measured!.insertion), 0.1 + 0.9 * 0.75, 1e-2)
  near(areaUnder(measured!.deletion), 0.1 + 0.9 * 0.25, 1e-2)
  near(measured!.insertion[0]!, 0.1)
  near(measured!.deletion.at(-1)!, 0.1)
})

test('a box that is the photo, as of a classifier, is measured as a whole', () => {
  const { map, target } = subject(perfect)
  const whole = { map, image, target: { ...target, box: [0, 0, 400, 400] as [number, number, number, number] } }
  const { measured } = answered(insertionDeletionInBox(whole, grey, STEPS), additive)
  near(areaUnder(measured!.insertion), 7 / 8, 1e-2)
})

test('a box at a border or reaching beyond it is divided as far as the photo goes; one without area is not measured', () => {
  const within = (...box: [number, number, number, number]) => {
    const { map, target } = subject(perfect)
    return answered(insertionDeletionInBox({ map, image, target: { ...target, box } }, grey, 8), additive)
  }
  const cells = ({ questions: [question] }: ReturnType<typeof within>) => [
    question?.segments.rows,
    question?.segments.cols,
  ]
  assert.deepEqual(cells(within(0, 100, 50, 200)), [26, 25])
  assert.deepEqual(cells(within(-500, 300, 50, 1e-9 + 400)), [25, 25])
  for (const none of [
    [50, 50, 50, 90],
    [500, 500, 600, 600],
    [10, 10, 10 + 1e-9, 20],
  ] satisfies [number, number, number, number][]) {
    assert.equal(within(...none).measured, null)
  }
})
