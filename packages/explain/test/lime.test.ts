import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Question } from '@fanlight/contracts'
import { coalitionAt, coalitionCount } from '@fanlight/segments'
import { type Answer, type Attribution, explainerFor, methodNamed, methodSpec, startRun } from '../src/index.ts'
import { answerOf } from './planted-model.ts'
import { contextOf, photo } from './suite.ts'

/** What a class is worth when these segments are kept; `row` counts all rows asked. */
type Game = (kept: Uint8Array, kind: number, row: number) => number

const grid = { kind: 'grid', rows: 4, cols: 4, edges: 'hard' } as const

/** Two objects, whose values are two games. */
function played(params: object, game: Game): { attributions: readonly Attribution[]; asked: readonly Question[] } {
  const spec = methodSpec('lime', { segmentation: grid, ...params })
  const run = startRun(explainerFor(spec), contextOf(), spec.params)
  const asked: Question[] = []
  let rows = 0
  while (!run.current.done) {
    const { question } = run.current
    asked.push(question)
    run.answer(question.kind === 'score' ? scored(question, game, rows) : answerOf(photo, question))
    if (question.kind === 'score') rows += coalitionCount(question.coalitions)
  }
  return { attributions: run.current.explained.attributions, asked }
}

function scored(question: Question & { kind: 'score' }, game: Game, first: number): Answer {
  const { coalitions, segments, targets } = question
  const count = coalitionCount(coalitions)
  const kept = Array.from({ length: count }, (_, i) => coalitionAt(coalitions, segments, i).kept)
  const values = targets.flatMap((target) => kept.map((row, i) => game(row, target.class, first + i)))
  return { kind: 'score', values: Float32Array.from(values) }
}

const worth = Array.from({ length: 16 }, (_, j): number => (j === 5 ? 0.5 : j === 10 ? -0.1 : j % 3 === 0 ? 0.05 : 0))
const additive: Game = (kept) => 0.1 + worth.reduce((sum, each, j) => sum + each * kept[j]!, 0)
const noisy: Game = (kept, kind, row) =>
  0.3 + 0.2 * kept[kind]! + ((Math.imul(row + 1, 0x9e3779b9) >>> 8) / 2 ** 24) * 0.5

test('of an additive game LIME tells each segment’s worth, with R² 1 and hardly any interval', () => {
  const { attributions } = played({ samples: 200, ridge: 0 }, additive)
  const { map, fit, interval, stability, emptyValue, forwards, unmoved } = attributions[0]!
  const cell = (map.width / 4) * (map.height / 4)
  worth.forEach((each, j) => {
    const at = Math.floor(j / 4) * (map.height / 4) * map.width + (j % 4) * (map.width / 4)
    assert.ok(Math.abs(map.data[at]! * cell - each) < 1e-5, `segment ${j}`)
  })
  assert.ok(fit!.r2! > 1 - 1e-9 && fit!.widestInterval! < 1e-5 && stability! > 0.999999)
  assert.deepEqual([fit!.segments, fit!.stoppedEarly, fit!.efficiencyGap], [16, false, null])
  assert.ok(interval!.level === 0.9 && interval!.halfWidths.length === map.data.length)
  assert.deepEqual([emptyValue, forwards], [Math.fround(0.1), 202])
  assert.ok(unmoved! > 0 && unmoved! < 0.5)
})

test('answers without much relation to the segments leave a poor fit and wide intervals', () => {
  const { fit, stability } = played({ samples: 200 }, noisy).attributions[0]!
  assert.ok(fit!.r2! < 0.6, `R² ${fit!.r2}`)
  assert.ok(fit!.widestInterval! > 0.1, `widest ${fit!.widestInterval}`)
  assert.ok(stability! < 0.95)
})

test('a value that never moves has an empty map, and nothing is said of its fit', () => {
  const { map, fit, stability } = played({ samples: 50, tolerance: 0.1 }, () => 0.7).attributions[0]!
  assert.ok(map.data.every((value) => value === 0))
  assert.deepEqual([fit!.r2, fit!.widestInterval, stability, fit!.stoppedEarly], [null, null, null, false])
})

test('with a tolerance no more is asked than it takes, and the samples are a ceiling', () => {
  const forwardsOf = (params: object, game: Game) => played(params, game).attributions.map(({ forwards }) => forwards)
  assert.deepEqual(forwardsOf({ samples: 1000, tolerance: 0.2 }, additive), [131, 131])
  assert.deepEqual(forwardsOf({ samples: 300, tolerance: 0.01 }, noisy), [302, 302])
  const { attributions } = played({ samples: 1000, tolerance: 0.2 }, additive)
  assert.ok(attributions.every(({ fit }) => fit!.stoppedEarly && fit!.widestInterval! <= 0.2))
})

test('a target that is told already keeps its map while others are asked for', () => {
  const mixed: Game = (kept, kind, row) => (kind === 1 ? additive : noisy)(kept, kind, row)
  const { attributions, asked } = played({ samples: 600, tolerance: 0.05 }, mixed)
  assert.deepEqual(
    attributions.map(({ forwards }) => forwards),
    [131, 602],
  )
  const alone = played({ samples: 600, tolerance: 0.05 }, additive)
  assert.deepEqual(attributions[0]!.map, alone.attributions[0]!.map)
  // One detect question; then rounds, each an ordinary question of rows that were not asked before.
  assert.deepEqual(
    asked.map((question) => (question.kind === 'score' ? coalitionCount(question.coalitions) : question.kind)),
    ['detect', 130, 128, 256, 87],
  )
})

test('asked in rounds, the samples are those that are asked at once', () => {
  const rowsOf = (params: object) => {
    const rows: string[] = []
    played({ samples: 600, ...params }, (kept, kind, row) => {
      if (kind === 1) rows[row] = kept.join('')
      return noisy(kept, kind, row)
    })
    return rows
  }
  assert.deepEqual(rowsOf({ tolerance: 0.001 }), rowsOf({}))
})

test('superpixels are the default, and count as a forward', () => {
  const spec = methodSpec('lime', {}, 500)
  assert.deepEqual([spec.params.samples, methodNamed('lime').cost(spec.params)], [497, 500])
  const { asked } = played({ segmentation: { kind: 'slic', segments: 20 }, samples: 50 }, additive)
  assert.equal(asked[1]!.kind, 'segment')
  assert.ok(asked[2]!.kind === 'score' && asked[2]!.segments.labels?.count === 20)
  assert.throws(() => methodSpec('lime', {}, 22), { code: 'USAGE', message: /22 forwards.*at least 23/ })
})
