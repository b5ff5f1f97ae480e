import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MethodName, methodNames } from '@fanlight/explain'
import { largeBoard, marked } from './markers.ts'
import { openedGlassBox } from './opened.ts'

const box = await openedGlassBox(
  largeBoard,
  marked.map(({ evidence }) => evidence),
)

if (methodNames.includes('focus' as MethodName)) {
  for (const [object, { name, marker, share }] of marked.entries()) {
    test(`focus at its default budget finds a marker with ${name} within 20 % of the truth`, async (t) => {
      const { attributions } = await box.explain('focus', {}, { objects: [object] })
      const found = shareOf(marker, box.tileSums(attributions[0]!.map))
      t.diagnostic(`${found.toFixed(4)} of ${share.toFixed(4)}`)
      assert.ok(Math.abs(found - share) <= 0.2 * share, `${found} of ${share}`)
    })
  }
}

const shareOf = (tile: number, sums: Float64Array) => sums[tile]! / sums.reduce((sum, value) => sum + value, 0)
