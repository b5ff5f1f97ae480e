import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blurred } from '../src/dream/blur.ts'
import { type DreamOptions, type DreamQuestion, dream } from '../src/dream/dream.ts'
import { shifted } from '../src/dream/shift.ts'
import { totalVariation } from '../src/dream/total-variation.ts'
import { scattered } from './hand-built.ts'

const SIDE = 32
const options: DreamOptions = { width: SIDE, height: SIDE, steps: 48, seed: 7, keepEvery: 12 }

/** Climbs a scalar product with `template`, whose gradient is the template everywhere. */
function climbed(template: Float32Array, changed: Partial<DreamOptions> = {}) {
  const questions: DreamQuestion[] = []
  const dreaming = dream({ ...options, ...changed })
  let next = dreaming.next()
  while (!next.done) {
    questions.push(next.value)
    next = dreaming.next({ gradient: template })
  }
  return { picture: next.value, questions }
}

/** A blob and a stripe, in each plane of another strength. */
const smooth = Float32Array.from({ length: 3 * SIDE * SIDE }, (_, i) => {
  const [x, y] = [(i % SIDE) / SIDE, (Math.floor(i / SIDE) % SIDE) / SIDE]
  const plane = 1 + Math.floor(i / (SIDE * SIDE)) / 4
  return plane * (Math.exp(-((x - 0.4) ** 2 + (y - 0.6) ** 2) * 12) - 0.5 * Math.sin(5 * x) - 0.05)
})

function correlation(a: Float32Array, b: Float32Array): number {
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [a[i]! - ma, b[i]! - mb]
    ab += da * db
    aa += da * da
    bb += db * db
  }
  return ab / Math.sqrt(aa * bb)
}

test('the dream of a template match is the template', () => {
  const { picture } = climbed(smooth)
  const found = correlation(picture, smooth)
  assert.ok(found >= 0.9, `correlation ${found}`)
})

test('a dream is a picture: finite, within what a photo can have', () => {
  const { picture } = climbed(Float32Array.from(scattered(3 * SIDE * SIDE)))
  assert.ok(picture.every((value) => value >= 0 && value <= 1))
})

test('the same seed gives the same bits, another seed others', () => {
  const { picture } = climbed(smooth)
  assert.deepEqual(climbed(smooth).picture, picture)
  assert.notDeepEqual(climbed(smooth, { seed: 8 }).picture, picture)
})

test('the first, the last and every twelfth picture are kept, and none of them is moved', () => {
  const { questions, picture } = climbed(smooth)
  const kept = questions.filter((question) => question.kept)
  assert.deepEqual(
    kept.map(({ step }) => step),
    [0, 12, 24, 36, 48],
  )
  assert.deepEqual(kept.at(-1)!.picture, picture)
})

test('where nothing rises nothing moves but by the regularisation', () => {
  const regularisation = { jitter: 0, blur: 0, variation: 0 }
  const { questions, picture } = climbed(new Float32Array(3 * SIDE * SIDE), { regularisation })
  assert.deepEqual(picture, questions[0]!.picture)
})

const rough = Float32Array.from(scattered(3 * SIDE * SIDE))
const variationUnder = (regularisation: DreamOptions['regularisation'] & {}) =>
  totalVariation({ data: climbed(rough, { regularisation, steps: 8 }).picture, width: SIDE, height: SIDE }).mean

for (const [what, changed] of Object.entries({
  jitter: { jitter: 0.2 },
  blur: { blur: 0.1 },
  variation: { variation: 0.5 },
})) {
  test(`${what} lowers the total variation of a dream`, () => {
    const none = { jitter: 0, blur: 0, variation: 0 }
    const [free, held] = [variationUnder(none), variationUnder({ ...none, ...changed })]
    assert.ok(held < 0.95 * free, `${held} against ${free}`)
  })
}

test('the slope of the total variation is that of its value', () => {
  const planes = { data: Float32Array.from(scattered(2 * 5 * 4), (value) => value / 4), width: 5, height: 4 }
  const { gradient } = totalVariation(planes)
  for (let i = 0; i < planes.data.length; i++) {
    const at = (offset: number) => {
      const data = planes.data.map((value, j) => (i === j ? value + offset : value))
      return totalVariation({ ...planes, data }).mean * data.length
    }
    const difference = (at(1e-4) - at(-1e-4)) / 2e-4
    assert.ok(Math.abs(difference - gradient[i]!) < 5e-3, `${difference} against ${gradient[i]} at ${i}`)
  }
})

test('a blurred point spreads by σ, keeps its weight, and stays in its plane', () => {
  const side = 61
  const data = new Float32Array(2 * side * side)
  data[30 * side + 30] = 1
  const spread = blurred({ data, width: side, height: side }, 4)
  const of = (weight: (x: number) => number) =>
    spread.reduce((sum, value, i) => sum + value * weight((i % side) - 30), 0)
  assert.ok(Math.abs(of(() => 1) - 1) < 1e-4)
  assert.ok(Math.abs(Math.sqrt(of((x) => x * x)) - 4) < 0.2)
  assert.ok(spread.subarray(side * side).every((value) => value === 0))
})

test('blurring leaves one colour as it is, to the border', () => {
  const flat = blurred({ data: new Float32Array(6 * 9).fill(0.25), width: 6, height: 9 }, 3)
  assert.ok(flat.every((value) => Math.abs(value - 0.25) < 1e-6))
})

test('what is moved and moved back is as it was, and what leaves comes in on the other side', () => {
  const planes = { data: Float32Array.from(scattered(2 * 5 * 3)), width: 5, height: 3 }
  const moved = shifted(planes, 7, -4)
  assert.deepEqual(shifted({ ...planes, data: moved }, -7, 4), planes.data)
  assert.equal(moved[((1 - 4 + 6) % 3) * 5 + ((1 + 7) % 5)], planes.data[1 * 5 + 1])
})
