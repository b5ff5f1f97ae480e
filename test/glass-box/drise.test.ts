import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openedGlassBox } from './opened.ts'
import { expectedRise } from './rise.ts'
import { kinds, smallBoard } from './scenes.ts'

const box = await openedGlassBox(smallBoard, [kinds.additive])

test('D-RISE shows the covariance of score and mask that its masks have by design', async (t) => {
  const [masks, grid, p] = [6000, 4, 0.4]
  const { attributions } = await box.explain('drise', { masks, grid, probability: p }, { objects: [0] })
  const { map, stability } = attributions[0]!
  const wanted = expectedRise(kinds.additive, smallBoard, map, { grid, p })
  const slope = dot(map.data, wanted) / dot(wanted, wanted)
  const left = map.data.map((value, i) => value - wanted[i]!)
  const unexplained = dot(left, left) / dot(wanted, wanted)
  t.diagnostic(
    `slope ${slope.toFixed(4)}, unexplained ${unexplained.toExponential(1)}, stability ${stability?.toFixed(3)}`,
  )
  assert.ok(Math.abs(slope - 1) < 0.05)
  assert.ok(unexplained < 0.02)
})

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)
