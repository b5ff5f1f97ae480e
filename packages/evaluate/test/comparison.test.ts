import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evaluation, MethodSpec } from '@fanlight/contracts'
import { comparing, type EvaluatedTarget, evaluatedMethods, objectSize } from '../src/index.ts'

const spec = (name: string, params: MethodSpec['params'] = {}, more: MethodSpec['params'] = {}): MethodSpec => ({
  name: 'evaluate',
  version: 1,
  params: { method: { name, version: 1, params }, ...more },
})
const methods = evaluatedMethods([spec('focus'), spec('random')]).map((method) => method!)
const image = { width: 100, height: 100 }
const hash = (text: string) => text.repeat(64).slice(0, 64)

function measured(photo: string, id: string, method: string, evaluation: Partial<Evaluation>): EvaluatedTarget {
  return {
    photo,
    image,
    target: { id: hash(id), box: [0, 0, 10, 10], class: 0, label: 'dog', score: 0.9, objective: 'score' },
    method,
    forwards: method === 'focus' ? 150 : 1,
    evaluation: { fills: [{ kind: 'mean' }, { kind: 'blur', sigma: 0.05 }], metrics: [], curves: [], ...evaluation },
  }
}

const insertion = (...values: (number | null)[]): Partial<Evaluation> => ({ metrics: [{ name: 'insertion', values }] })

/** Focus against random: .1, .2 … .6 more under the first fill. */
function six() {
  const job = comparing(methods, { seed: 4 })
  for (const [i, id] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
    job.add(measured(`photo ${id}`, id, 'focus', insertion(0.3 + 0.1 * (i + 1), 0.4)))
    job.add(measured(`photo ${id}`, id, 'random', insertion(0.3, null)))
  }
  return job.result()
}

test('means, differences to the reference over shared targets, and intervals over photos', () => {
  const { photos, targets, reference, metrics, methods: compared } = six()
  assert.deepEqual([photos, targets, reference], [6, 6, 'focus'])
  assert.deepEqual(
    compared.map(({ key, targets, forwards, baseline }) => [key, targets, forwards, baseline]),
    [
      ['focus', 6, 150, false],
      ['random', 6, 1, true],
    ],
  )
  const { cells } = metrics.find(
    ({ metric, fill, size }) => metric === 'insertion' && fill === 'mean' && size === 'all',
  )!
  assert.ok(Math.abs(cells[0]!.mean! - 0.65) < 1e-12 && cells[0]!.best && !cells[1]!.best)
  assert.equal(cells[0]!.difference, null)
  const difference = cells[1]!.difference!
  assert.ok(Math.abs(difference.mean + 0.35) < 1e-12)
  const [ninety, more] = difference.intervals!
  assert.deepEqual([ninety!.level, more!.level, difference.photos], [0.9, 0.95, 6])
  assert.ok(-0.601 < more!.low && more!.low < ninety!.low && ninety!.high < more!.high && more!.high < -0.099)
})

test('a method without a value has no mean, is not best, and is not compared', () => {
  const { metrics } = six()
  const { cells } = metrics.find(({ fill, size }) => fill === 'blur 0.05' && size === 'all')!
  assert.deepEqual(cells[1], { targets: 0, mean: null, best: false, difference: null })
  assert.equal(cells[0]!.best, false, 'alone it is not the best of anything')
})

test('of one photo there is a difference and no interval', () => {
  const job = comparing(methods)
  for (const id of ['a', 'b'])
    for (const method of ['focus', 'random']) job.add(measured('one', id, method, insertion(0.5, 0.5)))
  const { cells } = job.result().metrics[0]!
  assert.deepEqual(cells[1]!.difference, { mean: 0, targets: 2, photos: 1, intervals: null })
})

test('a photo that a job has twice counts once, and the order of targets does not move the reference', () => {
  const job = comparing(methods, { reference: 'random' })
  const given = measured('one', 'a', 'random', insertion(0.5, 0.5))
  job.add(given)
  job.add(given)
  job.add(measured('one', 'a', 'absent', insertion(9, 9)))
  const { targets, reference, metrics } = job.result()
  assert.deepEqual([targets, reference, metrics[0]!.cells[1]!.targets], [1, 'random', 1])
})

test('a job without evaluations compares nothing; an unknown reference gives way to the first method', () => {
  assert.deepEqual(comparing([]).result().metrics, [])
  assert.equal(comparing([]).result().reference, null)
  assert.equal(comparing(methods, { reference: 'nobody' }).result().reference, 'focus')
})

test('metrics without a fill stand once, and lower is best where lower is better', () => {
  const job = comparing(methods)
  job.add(
    measured('p', 'a', 'focus', {
      metrics: [
        { name: 'deletion', values: [0.1, 0.2] },
        { name: 'sparsity', values: [0.4] },
      ],
    }),
  )
  job.add(
    measured('p', 'a', 'random', {
      metrics: [
        { name: 'deletion', values: [0.3, 0.2] },
        { name: 'sparsity', values: [0.5] },
      ],
    }),
  )
  const all = job.result().metrics.filter(({ size }) => size === 'all')
  assert.deepEqual(
    all.map(({ metric, fill, cells }) => [metric, fill, cells.map(({ best }) => best)]),
    [
      ['deletion', 'mean', [true, false]],
      ['deletion', 'blur 0.05', [true, true]],
      ['sparsity', null, [false, false]],
    ],
  )
})

test('curves are means at equal steps, with a band over photos; of one photo without', () => {
  const job = comparing(methods)
  const curve = (...values: number[]) => ({ curves: [{ metric: 'insertion' as const, fill: 1, values }] })
  job.add(measured('p', 'a', 'focus', curve(0, 1)))
  for (const id of ['b', 'c', 'd', 'e']) job.add(measured(id, id, 'focus', curve(0, 0.2, 0.6)))
  job.add(measured('p', 'a', 'random', curve(0, 0.5, 1)))
  const [focus, random] = job.result().curves
  assert.deepEqual(
    [focus!.fill, focus!.mean.length, focus!.mean.at(0), focus!.mean.at(20), focus!.mean.at(-1)],
    ['blur 0.05', 41, 0, 0.26, 0.68],
  )
  // Five photos, 1 and four times .6: t(.95; 4) · s ÷ √5, s = .4 ÷ √5.
  assert.ok(Math.abs(focus!.halfWidths!.at(-1)! - 2.1318 * 0.08) < 1e-3)
  assert.equal(random!.halfWidths, null)
})

test('methods that a job measures twice are told apart by what differs', () => {
  const named = evaluatedMethods([
    spec('focus', { masks: 9 }),
    spec('drise', { masks: 98, grid: 8 }),
    { name: 'odam', version: 1, params: {} },
    spec('drise', { masks: 4998, grid: 8 }),
    spec('focus', { masks: 9 }, { randomised: { layers: 1 } }),
    { name: 'evaluate', version: 1, params: { method: 'no method' } },
  ])
  assert.deepEqual(
    named.map((each) => each && [each.key, each.name, each.baseline]),
    [
      ['focus', 'focus', false],
      ['drise', 'drise (masks 98)', false],
      undefined,
      ['drise-2', 'drise (masks 4998)', false],
      ['focus-redrawn', 'focus (weights drawn anew)', true],
      undefined,
    ],
  )
})

test('sizes go by the share of the photo, and what lies outside counts nothing', () => {
  const size = (side: number) => objectSize([0, 0, side, side], image)
  assert.deepEqual([size(24), size(25), size(49), size(50)], ['small', 'medium', 'medium', 'large'])
  assert.equal(objectSize([90, 90, 500, 500], image), 'small')
  assert.equal(objectSize([60, 60, 10, 10], image), 'small')
})
