import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Curve, Evaluation, MetricName } from '@fanlight/contracts'
import { methodSpec } from '@fanlight/explain'
import { additive, type Evidence, worthOf } from './evidence.ts'
import { largeBoard } from './markers.ts'
import { openedGlassBox } from './opened.ts'

const { rows, cols } = largeBoard
const players = rows * cols

/** No two tiles of the box alike, one tile far outside, one tile of another box, and one that speaks against it. */
const weights = new Float64Array(players)
for (const [i, tile] of [9, 10, 11, 17, 18, 19, 25, 26, 27].entries()) weights[tile] = (1 + ((i * 4) % 9)) / 50
weights[45] = 0.06
weights[7] = 0.045
weights[56] = -0.05

const objects: readonly Evidence[] = [
  { box: [1, 1, 4, 4], bias: 0, terms: additive([...weights]), link: 'none' },
  { box: [4, 4, 7, 7], bias: -3, terms: additive(Array.from(weights, (weight) => 8 * weight)), link: 'sigmoid' },
]
const box = await openedGlassBox(largeBoard, objects)
const fills = [{ kind: 'mean' }, { kind: 'constant', rgb: [114, 114, 114] }]

// A map that is right on each pixel, without any sampling.
const { attributions } = await box.explain(
  'evaluate',
  { method: methodSpec('gradient-x-input', { cells: 64 }), fills, steps: 64 },
  { objects: [0, 1] },
)
const evaluations = attributions.map(({ evaluation }) => evaluation!)

const valuesOf = ({ metrics }: Evaluation, name: MetricName) => metrics.find((metric) => metric.name === name)!.values

/** Strongest first; of equal tiles the first, which changes no curve. */
const ranked = Array.from(weights.keys()).sort((a, b) => weights[b]! - weights[a]! || a - b)
const [inside, outside] = [ranked.filter(isInBox), ranked.filter((tile) => !isInBox(tile))]

function isInBox(tile: number): boolean {
  const [x, y] = [tile % cols, Math.floor(tile / cols)]
  return x >= 1 && x < 4 && y >= 1 && y < 4
}

/** v ÷ v(full) when so many tiles of an order are kept, the last one in part, and all of `others`. */
function kept(evidence: Evidence, order: readonly number[], count: number, others: readonly number[] = []): number {
  const z = new Float64Array(players)
  for (const tile of others) z[tile] = 1
  for (const [i, tile] of order.entries()) z[tile] = Math.min(1, Math.max(0, count - i))
  return Math.max(0, worthOf(evidence, z)) / worthOf(evidence, new Float64Array(players).fill(1))
}

const area = (curve: readonly number[]) =>
  curve.slice(1).reduce((sum, value, i) => sum + (value + curve[i]!) / 2, 0) / (curve.length - 1)

for (const [object, evidence] of objects.entries()) {
  test(`curves of object ${object} are its closed form, bin by bin, and so are their areas`, () => {
    const steps = Array.from({ length: 65 }, (_, bin) => bin / 64)
    const insertion = steps.map((part) => kept(evidence, ranked, part * players))
    const deletion = steps.map((part) => kept(evidence, ranked.toReversed(), players - part * players))
    for (const fill of fills.keys()) {
      same(curve(object, 'insertion', fill), insertion, 2e-5)
      same(curve(object, 'deletion', fill), deletion, 2e-5)
      same(
        ['insertion', 'deletion', 'insertion-minus-deletion'].map(
          (name) => valuesOf(evaluations[object]!, name as MetricName)[fill]!,
        ),
        [area(insertion), area(deletion), area(insertion) - area(deletion)],
        1e-5,
      )
    }
  })
}

test('within the box curves rise and fall tile by tile, all else being hidden or seen', () => {
  // Of nine tiles of equal size a bin holds 9/64; half a tile is half of its evidence.
  const steps = Array.from({ length: 65 }, (_, bin) => (bin / 64) * inside.length)
  const insertion = steps.map((count) => kept(objects[0]!, inside, count, outside))
  const deletion = steps.map((count) => kept(objects[0]!, inside.toReversed(), inside.length - count, outside))
  same(curve(0, 'insertion-in-box', 0), insertion, 2e-5)
  same(curve(0, 'deletion-in-box', 0), deletion, 2e-5)
  same(
    valuesOf(evaluations[0]!, 'insertion-minus-deletion-in-box'),
    fills.map(() => area(insertion) - area(deletion)),
    1e-5,
  )
})

test('an exact map of an additive object is as faithful as a map can be', () => {
  same(valuesOf(evaluations[0]!, 'mu-fidelity'), [1, 1], 1e-5)
  same(valuesOf(evaluations[0]!, 'infidelity'), [0, 0], 1e-5)
  assert.ok(valuesOf(evaluations[1]!, 'mu-fidelity')[0]! < 0.999, 'a sigmoid is not additive')
})

test('energy, leakage, pointing and sparsity are those of the weights', () => {
  const positive = (tiles: readonly number[]) => tiles.reduce((sum, tile) => sum + Math.max(0, weights[tile]!), 0)
  same(valuesOf(evaluations[0]!, 'energy-in-box'), [positive(inside) / positive(ranked)], 1e-6)
  same(valuesOf(evaluations[0]!, 'other-objects'), [positive([45]) / positive(inside)], 1e-6)
  assert.deepEqual(
    [0, 1].map((object) => valuesOf(evaluations[object]!, 'pointing-game')),
    [[1], [0]],
  )
  // Gini: mean difference of all pairs ÷ twice the mean.
  const sizes = Array.from(weights, Math.abs)
  const differences = sizes.reduce((sum, a) => sum + sizes.reduce((row, b) => row + Math.abs(a - b), 0), 0)
  const gini = differences / (2 * players * sizes.reduce((sum, size) => sum + size, 0))
  same(valuesOf(evaluations[0]!, 'sparsity'), [gini], 1e-5)
})

test('the average drop is what the level sets of the map leave out', () => {
  const most = Math.max(...weights)
  const drops = Array.from({ length: 8 }, (_, i) => (i + 0.5) / 8).map((level) => {
    const shown = ranked.filter((tile) => weights[tile]! >= level * most)
    return Math.max(0, 1 - kept(objects[0]!, shown, shown.length))
  })
  const mean = drops.reduce((sum, drop) => sum + drop, 0) / drops.length
  same(valuesOf(evaluations[0]!, 'average-drop'), [mean, mean], 1e-5)
})

function curve(object: number, metric: Curve['metric'], fill: number): readonly number[] {
  return evaluations[object]!.curves.find((each) => each.metric === metric && each.fill === fill)!.values
}

function same(seen: readonly (number | null)[], wanted: readonly number[], tolerance: number): void {
  assert.equal(seen.length, wanted.length)
  for (const [i, value] of wanted.entries())
    assert.ok(Math.abs(seen[i]! - value) <= tolerance, `${i}: ${seen[i]} is not ${value} within ${tolerance}`)
}
