import assert from 'node:assert/strict'
import { additive, type Evidence } from './evidence.ts'
import { largeBoard } from './markers.ts'
import { expectedRise } from './rise.ts'
import { kinds, smallBoard } from './scenes.ts'
import { all, type Checks, dot, type Open, objects, relativeError, valuesIn } from './small-games.ts'

export const searchChecks: Checks = {
  'drise shows the covariance of score and mask that its masks have by design': { method: 'drise', run: riseExpects },
  'aise ranks tiles by what they are worth': { method: 'aise', run: aiseRanks },
}

async function riseExpects(open: Open): Promise<void> {
  const box = await open(smallBoard, objects)
  const [masks, grid, p] = [6000, 4, 0.4]
  const { attributions } = await box.explain('drise', { masks, grid, probability: p }, { objects: [0] })
  const { map } = attributions[0]!
  const wanted = expectedRise(kinds.additive, smallBoard, map, { grid, p })
  const slope = dot(map.data, wanted) / dot(wanted, wanted)
  assert.ok(Math.abs(slope - 1) < 0.05, `${slope} times what was expected`)
  assert.ok(relativeError(map.data, wanted) < 0.01)
}

/** Far enough from each other that cells of the search's first level hold one each; strongest first. */
const apart = [
  [27, 5],
  [6, 3],
  [48, 2],
  [53, 1],
  [9, -2],
] as const
const apartWeights = Array.from({ length: largeBoard.rows * largeBoard.cols }, (_, tile) =>
  apart.reduce((sum, [at, weight]) => (at === tile ? weight : sum), 0),
)
const apartObjects: readonly Evidence[] = [
  { box: [2, 2, 5, 5], bias: 0.2, terms: additive(apartWeights.map((weight) => weight / 20)), link: 'none' },
  { box: [2, 2, 5, 5], bias: -3, terms: additive(apartWeights.map((weight) => weight / 2)), link: 'sigmoid' },
]

async function aiseRanks(open: Open): Promise<void> {
  const box = await open(largeBoard, apartObjects)
  const explained = await box.explain('aise', {}, all(box))
  for (const sums of valuesIn(box, explained)) {
    const ranking = Array.from(sums.keys()).sort((a, b) => sums[b]! - sums[a]!)
    assert.equal(ranking.at(0), apart[0][0])
    assert.equal(ranking.at(-1), apart[4][0])
    const seen = ranking.filter((tile) => apartWeights[tile] !== 0)
    assert.deepEqual(
      seen,
      apart.map(([tile]) => tile),
    )
  }
}
