import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fill, Grid, Question } from '@fanlight/contracts'
import { packBits } from '@fanlight/segments'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { glassBoxByFormula } from './by-formula.ts'
import { worthOf } from './evidence.ts'
import { openedGlassBox } from './opened.ts'
import { kindNames, kinds, smallBoard } from './scenes.ts'

const objects = kindNames.map((name) => kinds[name])
const box = await openedGlassBox(smallBoard, objects)

const { rows, cols } = smallBoard
const players = rows * cols
const grid: Grid = { kind: 'grid', rows, cols, edges: 'hard' }
const targets = objects.map((_, i) => ({ box: box.boxOf(i), class: i }))

test('the detector sees each object in its box, with the score of its evidence', async () => {
  const answer = await box.ask({ kind: 'detect', minScore: 0.05, maxDetections: 100 })
  assert.ok(answer.kind === 'detect')
  assert.equal(answer.detections.length, objects.length)
  for (const { box: seen, class: index, score } of answer.detections) {
    assert.deepEqual(seen, box.boxOf(index))
    near(score, worthOf(objects[index]!, new Uint8Array(players).fill(1)), 1e-6)
  }
})

const fills: readonly Fill[] = [{ kind: 'constant', rgb: [114, 114, 114] }, { kind: 'mean' }]
for (const fill of fills) {
  test(`the ONNX file is the game, coalition by coalition, whatever flat colour hides (${fill.kind})`, async () => {
    const generator = xoroshiro128plus(7)
    const coalitions = Array.from({ length: 300 }, () => {
      const bits = generator.next()
      return Uint8Array.from({ length: players }, (_, j) => (bits >> j) & 1)
    })
    const answer = await box.ask({
      kind: 'score',
      targets,
      objectives: ['score'],
      minObjectness: 0.05,
      segments: grid,
      fill,
      coalitions: [packBits(coalitions, players)],
    })
    assert.ok(answer.kind === 'score')
    for (const [i, object] of objects.entries()) {
      for (const [row, z] of coalitions.entries())
        near(answer.values[i * coalitions.length + row]!, worthOf(object, z), 1e-6)
    }
  })
}

function near(seen: number, wanted: number, tolerance: number): void {
  assert.ok(Math.abs(seen - wanted) <= tolerance, `${seen} is not ${wanted} within ${tolerance}`)
}

test('masks with soft edges hide as much of a tile as they cover, in the file as in the formula', async () => {
  const question: Question = {
    kind: 'score',
    targets,
    objectives: ['score'],
    minObjectness: 0.05,
    segments: { kind: 'grid', rows: 5, cols: 3, edges: 'bilinear' },
    fill: { kind: 'mean' },
    coalitions: [{ kind: 'random', count: 100, first: 0, seed: 3, probability: 0.6, shift: true }],
  }
  const [seen, wanted] = [await box.ask(question), await glassBoxByFormula(smallBoard, objects).ask(question)]
  assert.ok(seen.kind === 'score' && wanted.kind === 'score')
  for (const [i, value] of wanted.values.entries()) near(seen.values[i]!, value, 1e-6)
})
