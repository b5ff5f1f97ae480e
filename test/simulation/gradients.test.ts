import assert from 'node:assert/strict'
import { test } from 'node:test'
import { methodSpec } from '@fanlight/explain'
import { firstFailing, undisturbed } from './check.ts'

const methods = [methodSpec('odam'), methodSpec('integrated-gradients', { steps: 2 })]

test('gradients are asked and answered', async () => {
  const { signature, finished } = await undisturbed({ methods })
  assert.ok(finished)
  const maps = [...signature.matchAll(/"magnitude":1,/g)]
  assert.equal(maps.length, 8, 'two targets of two photos by two methods; the third photo kills its worker')
})

test('whatever crashes, comes late or twice, they end in the same bytes: 120 histories', async () => {
  const failing = await firstFailing(0, 120, { methods })
  assert.equal(failing, undefined, failing && `seed ${failing.seed}: ${failing.broken.join('; ')}`)
})
