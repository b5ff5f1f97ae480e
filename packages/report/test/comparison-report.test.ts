import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ComparedCell, Comparison } from '@fanlight/evaluate'
import { type ComparisonData, renderComparison } from '../src/index.ts'

const method = (key: string, more: Partial<Comparison['methods'][number]> = {}): Comparison['methods'][number] => ({
  key,
  name: key,
  method: { name: key, version: 1, params: {} },
  randomised: false,
  baseline: false,
  targets: 8,
  forwards: 150,
  ...more,
})

const cell = (mean: number | null, low: number, high: number): ComparedCell => ({
  targets: mean === null ? 0 : 8,
  mean,
  best: mean === 0.9,
  difference:
    mean === null
      ? null
      : {
          mean: (low + high) / 2,
          targets: 8,
          photos: 8,
          intervals: [
            { level: 0.9, low: low + 0.01, high: high - 0.01 },
            { level: 0.95, low, high },
          ],
        },
})

const comparison: Comparison = {
  photos: 8,
  targets: 8,
  sizes: [
    { size: 'all', photos: 8, targets: 8 },
    { size: 'small', photos: 8, targets: 8 },
    { size: 'medium', photos: 0, targets: 0 },
    { size: 'large', photos: 0, targets: 0 },
  ],
  reference: 'focus',
  resamples: 1000,
  seed: 7,
  levels: [0.9, 0.95],
  methods: [method('focus'), method('lime'), method('random', { baseline: true, forwards: 0 })],
  fills: ['grey 114'],
  metrics: [
    {
      metric: 'insertion',
      fill: 'grey 114',
      size: 'all',
      cells: [{ ...cell(0.9, 0, 0), difference: null }, cell(0.8, -0.15, -0.05), cell(0.7, -0.3, 0.1)],
    },
    {
      metric: 'deletion',
      fill: 'grey 114',
      size: 'all',
      cells: [{ ...cell(0.2, 0, 0), difference: null }, cell(0.1, -0.15, -0.05), cell(0.3, 0.05, 0.15)],
    },
    {
      metric: 'efficiency-gap',
      fill: null,
      size: 'all',
      cells: [{ ...cell(0.01, 0, 0), difference: null }, cell(null, 0, 0), cell(null, 0, 0)],
    },
  ],
  curves: (['insertion', 'deletion'] as const).map((metric) => ({
    metric,
    fill: 'grey 114',
    method: 'focus',
    mean: [0, 0.5, 1],
    halfWidths: [0, 0.1, 0],
  })),
}

const data: ComparisonData = {
  title: 'methods for net',
  job: 'j',
  detector: { name: 'net', sha256: 'a'.repeat(64), family: 'yolox' },
  objectives: ['score'],
  minScore: 0.3,
  maxTargets: 20,
  seed: 7,
  fanlight: '0.1.0',
  executionClasses: ['cpu'],
  command: "npx fanlight evaluate net.onnx 'a b'",
  comparison,
  examples: [],
  failures: [],
}

test('the best is starred, and what is surely better or worse says so, as the metric’s direction has it', () => {
  const page = renderComparison(data)
  const table = page.slice(page.indexOf('<h3>Over the whole photo</h3>'), page.indexOf('<h2>By size'))
  assert.equal(table.match(/★ best/g)?.length, 1)
  assert.match(table, /0\.800<\/span>.*?aria-label="worse">▼.*?−0\.150 … −0\.050/s)
  assert.match(table, /0\.100<\/span>.*?aria-label="better">▲.*?−0\.150 … −0\.050/s)
  const random = table.slice(table.indexOf('>random<'))
  assert.match(random, /^.*?0\.700<\/span>.*?−0\.300 … \+0\.100/s)
  assert.doesNotMatch(random.slice(0, random.indexOf('+0.100')), /aria-label="(worse|better)"/)
  assert.match(table, /title="90 %: −0\.140 … −0\.060; 95 %: −0\.150 … −0\.050"/)
})

test('a metric that a method has no number of says that it does not apply, and why', () => {
  const page = renderComparison(data)
  assert.equal(page.match(/>does not apply</g)?.length, 2)
  assert.match(page, /Does not apply where the method promises no sum/)
})

test('curves have bands and, for those without a map, a word', () => {
  const page = renderComparison(data)
  assert.equal(page.match(/class="band /g)?.length, 2)
  assert.match(page, /aria-label="focus: area under insertion 0\.500, under deletion 0\.500"/)
  assert.match(page, /lime<\/figcaption><p class="note">no map was measured/)
})

test('few photos, no targets and failures are said before anything else', () => {
  const few = renderComparison({ ...data, comparison: { ...comparison, photos: 2 } })
  assert.match(few, /2 photos cannot tell how photos differ: there are no intervals below 6/)
  const none = renderComparison({
    ...data,
    comparison: { ...comparison, photos: 0, targets: 0, metrics: [], curves: [] },
  })
  assert.match(none, /there is nothing to compare/)
  assert.doesNotMatch(none, /<table/)
  const failure = { path: 'a.jpg', method: null, code: 'IMAGE_UNREADABLE', message: 'copy it again' }
  assert.match(renderComparison({ ...data, failures: [failure] }), /1 explanation failed: see below.*copy it again/s)
})

test('names from files stay text', () => {
  const hostile = '<img src=x onerror=alert(1)>\u202e\u001b[2J'
  const page = renderComparison({
    ...data,
    title: hostile,
    command: hostile,
    detector: { ...data.detector, name: hostile },
    comparison: { ...comparison, methods: comparison.methods.map((each) => ({ ...each, name: hostile })) },
    examples: [
      { photo: hostile, box: [0, 0, 1, 1], label: hostile, score: 1, objective: 'score', maps: [{ method: 'focus' }] },
    ],
    failures: [{ path: hostile, method: hostile, code: 'X', message: hostile }],
  })
  assert.ok(!page.includes('<img src=x') && !page.includes('\u202e') && !page.includes('\u001b'))
  assert.match(page, /the photo could not be drawn/)
})
