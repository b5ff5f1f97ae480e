import assert from 'node:assert/strict'
import { test } from 'node:test'
import { methodSpec } from '@fanlight/explain'
import { firstFailing, undisturbed } from './check.ts'

const methods = [
  methodSpec('focus', { coalitions: 20 }),
  methodSpec('lime', { samples: 20, segmentation: { kind: 'slic', segments: 9 } }),
]

test('pieces are found, hidden under two fills, and fitted', async () => {
  const { signature, finished } = await undisturbed({ methods })
  assert.ok(finished)
  for (const [method, segments] of [
    ['focus', 64],
    ['lime', 9],
  ])
    assert.equal(
      [...signature.matchAll(new RegExp(`"segments":${segments},`, 'g'))].length,
      4,
      `two targets of two photos by ${method}`,
    )
})

test('whatever crashes, comes late or twice, they end in the same bytes: 48 histories', async () => {
  const failing = await firstFailing(0, 48, { methods })
  assert.equal(failing, undefined, failing && `seed ${failing.seed}: ${failing.broken.join('; ')}`)
})
