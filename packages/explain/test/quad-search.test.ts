import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FINEST_SIDE, Findings, gainsOf, keptBy, nextForwards, type Probe } from '../src/quad-search.ts'

const hidden = (row: number, col: number, level = 0): Probe => ({ mode: 'hide', level, row, col })

/** A target that was told of some hidden cells of the first level. */
function told(...gains: readonly (readonly [row: number, col: number, gain: number])[]): Findings {
  const findings = new Findings(0.02)
  for (const [row, col, gain] of gains) findings.tell(hidden(row, col), gain)
  return findings
}

test('the greatest changes are looked into first, whatever their sign, and those in the noise never', () => {
  const findings = told([0, 0, 0.1], [0, 1, -0.5], [1, 0, 0.3], [3, 3, 0.02])
  const places = (beam: number) => findings.greatest(0, beam).map(({ row, col }) => [row, col])
  assert.deepEqual(places(2), [
    [0, 1],
    [1, 0],
  ])
  assert.equal(places(9).length, 3)
  const [first, ...others] = nextForwards([findings], 0, 9, 7)
  assert.deepEqual(first!.probes, [hidden(0, 2, 1)])
  assert.equal(others.length, 3)
})

test('a cell that was not tried counts as the average quarter of the one around it', () => {
  const findings = told([0, 0, 0.8], [1, 1, 0.2])
  const quarters = [0.4, 0, 0, 0]
  quarters.forEach((gain, i) => {
    findings.tell(hidden(i >> 1, i & 1, 1), gain)
  })
  const gains = gainsOf(findings)
  // An eighth of what the cell around it gained, by what was tried; then a quarter each level, as nothing was.
  const share = 0.4 / (4 * 0.8)
  assert.ok(Math.abs(findings.quarterShare('hide', 1) - share) < 1e-12)
  const near = (at: number, levels: readonly number[]) => {
    // Each level counts as much as the first, whose greatest gain is .8, half of it by hiding.
    const scaled = levels.map((gain, level) => (gain / [0.8, 0.4, 0.1, 0.025][level]!) * 0.4)
    const mean = scaled.reduce((sum, gain) => sum + gain, 0) / 4
    assert.ok(Math.abs(gains[at]! - mean) < 1e-12, `${gains[at]}, not ${mean}`)
  }
  near(0, [0.8, 0.4, 0.1, 0.025])
  near(4, [0.8, 0, 0, 0])
  near(8 * FINEST_SIDE + 8, [0.2, 0.2 * share, (0.2 * share) / 4, (0.2 * share) / 16])
  near(31, [0, 0, 0, 0])
})

test('cells share a forward unless one target minds two of them', () => {
  const [one, other] = [told([0, 0, 0.5], [2, 2, 0]), told([0, 0, 0], [2, 2, 0.5])]
  const shared = nextForwards([one, other], 0, 4, 100)
  assert.deepEqual(
    shared.map(({ probes, tells }) => [probes.length, tells.map(({ target }) => target)]),
    Array(4).fill([2, [0, 1]]),
  )
  // The second minds the first's cell, though it has another to look into.
  const both = told([0, 0, 0.1], [2, 2, 0.5])
  assert.equal(nextForwards([one, both], 0, 1, 100).length, 8)
  assert.equal(nextForwards([one, both], 0, 1, 6).length, 4)
})

test('a forward hides its cells or keeps nothing else', () => {
  const probes = [hidden(0, 1), hidden(31, 0, 3)]
  const kept = keptBy({ mode: 'hide', probes })
  assert.equal(
    kept.reduce((sum, each) => sum + each, 0),
    FINEST_SIDE ** 2 - 64 - 1,
  )
  assert.deepEqual([kept[7], kept[8], kept[15], kept[16], kept[31 * FINEST_SIDE]], [1, 0, 0, 1, 0])
  assert.deepEqual(
    keptBy({ mode: 'keep', probes }),
    kept.map((each) => 1 - each),
  )
})
