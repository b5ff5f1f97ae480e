import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dreamOutcome, renderDreamReport } from '../src/index.ts'

const step = (at: number, value: number, score: number | null) => ({ step: at, value, score, png: Uint8Array.of(at) })

test('a dream that did not rise, or that its network hardly sees, is said to be so', () => {
  assert.match(dreamOutcome([step(0, 1, 0.5), step(8, 1, 0.5)]).caution ?? '', /did not rise/)
  assert.match(dreamOutcome([step(0, -9, 0), step(8, -4, 0.1)]).caution ?? '', /0\.10 only/)
  assert.deepEqual(dreamOutcome([step(0, -9, 0), step(8, 3, 0.9)]), { rose: true, caution: undefined })
  assert.deepEqual(dreamOutcome([step(0, 0, null), step(8, 3, null)]), { rose: true, caution: undefined })
})

test('the page holds the pictures and the curve, loads nothing, and shows names as they are', () => {
  const summary = {
    ...{ producer: 'by <hand>', opset: 17, metadata: {}, inputs: [], outputs: [], layers: [], ops: [] },
    ...{ parameters: 1, parameterBytes: 4, otherConstants: 0, macs: 0, layersOfUnknownCost: 0 },
  }
  const page = renderDreamReport({
    name: 'net<script>.onnx',
    network: {
      ...{ sha256: 'a'.repeat(64), bytes: 1, summary, descriptor: null, notRun: null },
      weights: { layers: [], unread: [] },
    },
    what: '<b>person\u202e</b>',
    seed: 5,
    steps: [step(0, -8, 0.001), { ...step(1, -2, 0.2), png: null }, step(2, 4, 0.93)],
    version: '0',
  })
  assert.doesNotMatch(page, /<script|<b>|\u202e|https?:/)
  assert.match(page, /&lt;b&gt;person\\u\{202e\}/)
  assert.equal(page.match(/<img /g)?.length, 2)
  assert.equal(page.match(/<circle /g)?.length, 2)
  assert.equal(/points="([^"]*)"/.exec(page)?.[1]?.split(' ').length, 3)
  assert.match(page, /score 0\.93/)
})
