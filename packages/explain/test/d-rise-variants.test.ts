import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardsOf, type Question } from '@fanlight/contracts'
import { coalitionAt, coalitionCount, maskAt, packLabels, segmentCount } from '@fanlight/segments'
import { type Answer, explainerFor, methodNamed, methodSpec, startRun } from '../src/index.ts'
import { MaskIntervals } from '../src/mask-intervals.ts'
import { answerOf } from './planted-model.ts'
import { contextOf, photo } from './suite.ts'

const RASTER = 16

/** The value of a class when so much of each of 16 × 16 places is kept; `row` counts all rows asked. */
type Scene = (mask: Float32Array, kind: number, row: number) => number

function played(params: object, scene: Scene) {
  const spec = methodSpec('drise', params)
  const run = startRun(explainerFor(spec), contextOf(), spec.params)
  const asked: Question[] = []
  let rows = 0
  while (!run.current.done) {
    const { question } = run.current
    asked.push(question)
    run.answer(answered(question, scene, rows))
    if (question.kind === 'score') rows += coalitionCount(question.coalitions)
  }
  const forwards = asked.reduce((sum, question) => sum + forwardsOf(question), 0)
  return { attributions: run.current.explained.attributions, asked, forwards, spec }
}

function answered(question: Question, scene: Scene, first: number): Answer {
  if (question.kind === 'segment') return tiles(question)
  if (question.kind !== 'score') return answerOf(photo, question)
  const { coalitions, segments, targets } = question
  const masks = Array.from({ length: coalitionCount(coalitions) }, (_, i) =>
    maskAt(coalitionAt(coalitions, segments, i), segments, RASTER, RASTER),
  )
  const values = targets.flatMap((target) => masks.map((mask, i) => scene(mask, target.class, first + i)))
  return { kind: 'score', values: Float32Array.from(values) }
}

/** Superpixels of a photo without colours: a square number of tiles. */
function tiles({ rows, cols, segments }: Question & { kind: 'segment' }): Answer {
  const side = Math.floor(Math.sqrt(segments))
  const labels = Array.from({ length: rows * cols }, (_, i) => {
    const [row, col] = [Math.floor(i / cols), i % cols]
    return Math.floor((row * side) / rows) * side + Math.floor((col * side) / cols)
  })
  return { kind: 'segment', count: side * side, labels: packLabels(labels, side * side).of }
}

const PLACE = 5 * RASTER + 11
const atPlace: Scene = (mask) => 0.1 + 0.8 * mask[PLACE]!
const noise = (row: number) => (Math.imul(row + 1, 0x9e3779b9) >>> 8) / 2 ** 24
const noisy: Scene = (_, __, row) => 0.9 * noise(row)

test('a pyramid of superpixels asks each level for its share of the masks, and finds what a segment is worth', () => {
  const { attributions, asked, forwards, spec } = played({ masks: 601, superpixels: [9, 25, 100] }, atPlace)
  const counts = asked.map((question) =>
    question.kind === 'score' ? [segmentCount(question.segments), coalitionCount(question.coalitions)] : question.kind,
  )
  assert.deepEqual(counts, ['detect', 'segment', [9, 201], 'segment', [25, 200], 'segment', [100, 201]])
  assert.equal(forwards, methodNamed('drise').cost(spec.params))
  const { map, stability, emptyValue } = attributions[0]!
  assert.ok(Math.abs(emptyValue! - 0.1) < 1e-6 && stability! > 0.8, `stability ${stability}`)
  const [x, y] = [(11.5 / RASTER) * map.width, (5.5 / RASTER) * map.height].map(Math.floor) as [number, number]
  // Kept with ½, it lifts the score by .4 above the mean on each level; apart from it there is noise only.
  const there = map.data[y * map.width + x]!
  assert.ok(Math.abs(there - 0.4) < 0.03, `${there}`)
  assert.ok(Math.abs(map.data[(map.height - 1) * map.width]!) < 0.1)
  assert.ok(map.data.every((value) => value < there + 0.03))
})

test('no two levels draw the same masks, and no two masks of a level are one', () => {
  const { asked } = played({ masks: 40, superpixels: [16, 16] }, atPlace)
  const rows = asked.flatMap((question) => {
    if (question.kind !== 'score') return []
    const { coalitions, segments } = question
    const random = coalitions.filter(({ kind }) => kind === 'random')
    return Array.from({ length: coalitionCount(random) }, (_, i) => coalitionAt(random, segments, i).kept.join(''))
  })
  assert.equal(rows.length, 40)
  assert.ok(new Set(rows).size >= 39)
})

test('with a tolerance masks are asked for until intervals are narrow enough, and no more than allowed', () => {
  const easy = played({ masks: 4000, tolerance: 0.3 }, atPlace)
  const { fit, forwards, interval, map } = easy.attributions[0]!
  assert.ok(fit!.stoppedEarly && fit!.widestInterval! <= 0.3, `${fit!.widestInterval}`)
  assert.ok(forwards < 2100 && forwards === easy.forwards)
  assert.ok(interval!.level === 0.9 && interval!.halfWidths.length === map.data.length)
  const hard = played({ masks: 300, tolerance: 0.01 }, noisy)
  assert.deepEqual([hard.attributions[0]!.fit!.stoppedEarly, hard.forwards], [false, 303])
  assert.equal(methodNamed('drise').cost(hard.spec.params), 303)
})

test('a map made in rounds is the map of as many masks asked at once', () => {
  const { attributions } = played({ masks: 4000, tolerance: 0.3 }, atPlace)
  const { forwards, map } = attributions[0]!
  assert.deepEqual(played({ masks: forwards - 3 }, atPlace).attributions[0]!.map, map)
})

test('a target that is sure keeps its map while others are asked for', () => {
  const mixed: Scene = (mask, kind, row) => (kind === 1 ? atPlace : noisy)(mask, kind, row)
  const { attributions } = played({ masks: 3000, tolerance: 0.3 }, mixed)
  assert.ok(attributions[0]!.forwards < attributions[1]!.forwards)
  assert.deepEqual(attributions[0]!.map, played({ masks: 3000, tolerance: 0.3 }, atPlace).attributions[0]!.map)
})

test('intervals at all times hold what the map tends to', () => {
  const grid = { kind: 'grid', rows: 4, cols: 4, edges: 'bilinear' } as const
  const probability = 0.3
  // Of a score that is a cell's mask, Cov(s, M(x)) ÷ p is (1 − p) where x is the cell and 0 where it has no part in it.
  let covered = 0
  const runs = 200
  for (let seed = 1; seed <= runs; seed++) {
    const random = { kind: 'random', count: 300, first: 0, seed, probability, shift: false } as const
    const intervals = new MaskIntervals(16, probability)
    let missed = false
    for (let i = 0; i < random.count; i++) {
      const mask = maskAt(coalitionAt([random], grid, i), grid, 4, 4)
      intervals.add(mask[6]!, mask)
      missed ||= [0, 6].some((at) => {
        const truth = at === 6 ? 1 - probability : 0
        return Math.abs(intervals.centres[at]! - truth) > intervals.halfWidths[at]!
      })
    }
    if (!missed) covered++
  }
  assert.ok(covered / runs >= 0.8, `covered ${covered} of ${runs}`)
})

test('a tolerance is for grids, and the budget counts all that is asked', () => {
  assert.throws(() => methodSpec('drise', { superpixels: [50], tolerance: 0.1 }), {
    code: 'USAGE',
    message: /tolerance/,
  })
  assert.equal(methodSpec('drise', { superpixels: [50, 200] }, 500).params.masks, 496)
  assert.equal(methodSpec('drise', { tolerance: 0.1 }, 500).params.masks, 497)
  assert.throws(() => methodSpec('drise', { superpixels: [50] }, 12), { code: 'USAGE', message: /at least 13/ })
})
