import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CoalitionSet, type Grid, Question, type ScoreQuestion, sliceQuestion } from '@fanlight/contracts'
import fc from 'fast-check'
import { coalitionAt, coalitionCount, emptyCoalition, fullCoalition, packBits, SHIFTS } from '../src/index.ts'

const grid = (rows: number, cols: number): Grid => ({ kind: 'grid', rows, cols, edges: 'bilinear' })
const randomSet = (seed: number, count: number, first = 0, probability = 0.5): CoalitionSet => ({
  kind: 'random',
  count,
  first,
  seed,
  probability,
  shift: true,
})

const anyGrid = fc.record({ rows: fc.integer({ min: 1, max: 9 }), cols: fc.integer({ min: 1, max: 9 }) })
const anyRows = (segments: number) =>
  fc.array(fc.array(fc.constantFrom(0, 1), { minLength: segments, maxLength: segments }), {
    minLength: 1,
    maxLength: 9,
  })

test('bits come back as they were packed', () => {
  const property = fc.property(
    anyGrid.chain((size) => fc.tuple(fc.constant(size), anyRows(size.rows * size.cols))),
    ([size, rows]) => {
      const packed = rows.map((row) => Uint8Array.from(row))
      const set = packBits(packed, size.rows * size.cols)
      const unpacked = rows.map((_, i) => coalitionAt([set], grid(size.rows, size.cols), i).kept)
      assert.deepEqual(unpacked, packed)
    },
  )
  fc.assert(property)
})

test('bits travel least significant first, and every row starts on a byte', () => {
  const rows = [Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1), Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0, 0)]
  assert.deepEqual([...Buffer.from(packBits(rows, 9).bits, 'base64')], [0b1001, 1, 0b10, 0])
})

test('a slice of a question draws the rows of the whole, bits or random', () => {
  const arbitrary = fc.record({
    size: anyGrid,
    seed: fc.nat(),
    counts: fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 4 }),
    cut: fc.tuple(fc.nat(), fc.nat()),
  })
  const property = fc.property(arbitrary, ({ size, seed, counts, cut }) => {
    const segments = size.rows * size.cols
    const bits = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(segments).fill(i % 2))
    const coalitions = counts.map(([random, count], i) =>
      random ? randomSet(seed, count, i * 100) : packBits(bits(count), segments),
    )
    const question = scoreQuestion(grid(size.rows, size.cols), coalitions)
    const total = coalitionCount(coalitions)
    const from = cut[0] % total
    const to = from + 1 + (cut[1] % (total - from))
    const sliced = Question.parse(sliceQuestion(question, from, to)) as ScoreQuestion
    assert.equal(coalitionCount(sliced.coalitions), to - from)
    for (let i = from; i < to; i++) {
      const there = coalitionAt(sliced.coalitions, question.segments, i - from)
      assert.deepEqual(there, coalitionAt(coalitions, question.segments, i))
    }
  })
  fc.assert(property)
})

test('a shifted grid is one row and one column larger, and its shift lies within a cell', () => {
  for (let i = 0; i < 200; i++) {
    const { rows, cols, kept, shiftX, shiftY } = coalitionAt([randomSet(7, 200)], grid(3, 5), i)
    assert.deepEqual([rows, cols, kept.length], [4, 6, 24])
    for (const shift of [shiftX, shiftY]) assert.ok(shift !== undefined && shift >= 0 && shift < 1)
  }
})

test('a full coalition keeps all and an empty one nothing, without shift', () => {
  const small = grid(3, 5)
  const [full, empty] = [fullCoalition(small), emptyCoalition(small)]
  assert.deepEqual([...coalitionAt([full], small, 0).kept], Array(15).fill(1))
  assert.deepEqual([...coalitionAt([empty], small, 0).kept], Array(15).fill(0))
  assert.equal(coalitionAt([empty], small, 0).shiftX, undefined)
})

test('a row that is not there, or bits that do not fit the grid, are refused', () => {
  assert.throws(() => coalitionAt([randomSet(1, 3)], grid(2, 2), 3), RangeError)
  assert.throws(() => coalitionAt([randomSet(1, 3)], grid(2, 2), -1), RangeError)
  const set = fullCoalition(grid(2, 2))
  assert.throws(() => coalitionAt([set], grid(8, 8), 0), { code: 'MESSAGE_INVALID' })
  assert.throws(() => coalitionAt([{ ...set, count: 2 }], grid(2, 2), 0), { code: 'MESSAGE_INVALID' })
})

test('cells are kept with the stated probability, independently along a row, between rows and between seeds', () => {
  const rows = 4000
  const cells = 25
  for (const probability of [0.1, 0.5, 0.8]) {
    const draw = (seed: number, i: number) =>
      coalitionAt([randomSet(seed, rows + 1, 0, probability)], grid(4, 4), i).kept
    const pairs = { along: 0, rows: 0, seeds: 0 }
    let kept = 0
    for (let i = 0; i < rows; i++) {
      const [here, below, elsewhere] = [draw(1, i), draw(1, i + 1), draw(2, i)]
      for (let j = 0; j < cells; j++) {
        kept += here[j]!
        pairs.along += here[j]! & here[(j + 1) % cells]!
        pairs.rows += here[j]! & below[j]!
        pairs.seeds += here[j]! & elsewhere[j]!
      }
    }
    // Five standard deviations of a binomial share over 100,000 draws are at most .008.
    assert.ok(Math.abs(kept / (rows * cells) - probability) < 0.008, `kept ${kept / (rows * cells)}`)
    for (const [what, both] of Object.entries(pairs)) {
      assert.ok(Math.abs(both / (rows * cells) - probability ** 2) < 0.012, `${what} ${both / (rows * cells)}`)
    }
  }
})

test('shifts are uniform over the eighths of a cell', () => {
  const bins = new Array<number>(SHIFTS).fill(0)
  for (let i = 0; i < 1600; i++) {
    const { shiftX, shiftY } = coalitionAt([randomSet(3, 1600)], grid(1, 1), i)
    bins[shiftX! * SHIFTS]!++
    bins[shiftY! * SHIFTS]!++
  }
  assert.equal(bins.length, 8, 'no shift lies between')
  const chiSquare = bins.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0)
  assert.ok(chiSquare < 29.9, `χ² of seven degrees of freedom ${chiSquare}`) // exceeded once in 10,000
})

test('the drawn rows never change: transcripts name them by seed alone', () => {
  const { kept, shiftX, shiftY } = coalitionAt([randomSet(20_261_122, 3)], grid(2, 3), 2)
  assert.equal(kept.join(''), '110000111011')
  assert.deepEqual([shiftX, shiftY], [2 / 8, 2 / 8])
})

function scoreQuestion(segments: Grid, coalitions: CoalitionSet[]): ScoreQuestion {
  return {
    kind: 'score',
    targets: [{ box: [0, 0, 1, 1], class: 0 }],
    objectives: ['score'],
    minObjectness: 0,
    segments,
    fill: { kind: 'mean' },
    coalitions,
  }
}
