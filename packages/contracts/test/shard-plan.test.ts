import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutPlan, type Question } from '@fanlight/contracts'

const question = (targets: number, count: number): Question => ({
  kind: 'score',
  targets: Array.from({ length: targets }, () => ({ box: [0, 0, 1, 1] as const, class: 0 })).map(({ box }) => ({
    box: [...box] as [number, number, number, number],
    class: 0,
  })),
  objectives: ['score', 'class', 'objectness', 'box'],
  minObjectness: 0.05,
  segments: { kind: 'grid', rows: 8, cols: 8, edges: 'bilinear' },
  fill: { kind: 'mean' },
  coalitions: [{ kind: 'random', count, first: 0, seed: 1, probability: 0.5, shift: true }],
})

test('a plan has shards of the size asked for', () => {
  assert.deepEqual(cutPlan(question(1, 100), 40), [0, 40, 80, 100])
})

test('shards are smaller where an answer would not fit into a message', () => {
  const plan = cutPlan(question(1000, 4096), 4096)
  const largest = Math.max(...plan.slice(1).map((end, i) => end - plan[i]!))
  const bytes = (largest * 1000 * 4 * 4 * 4) / 3
  assert.ok(bytes < 700_000, `an answer has ${bytes} bytes of base64`)
  assert.equal(plan.at(-1), 4096)
})

test('a question of very many forwards has larger shards, not more than 2,000', () => {
  const plan = cutPlan(question(1, 100_000), 1)
  assert.equal(plan.length - 1, 2_000)
  assert.equal(plan[1], 50)
})
